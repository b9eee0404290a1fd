//! A headless browser, steered over the WebDriver protocol (<https://www.w3.org/TR/webdriver2/>).

use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hotlist_testkit::skip;
use serde_json::{Value, json};

/// A browser with one window.
pub struct Browser {
    /// Chromium has another protocol beside the one that all browsers share.
    is_chromium: bool,
    driver: Child,
    session: String,
    client: ureq::Agent,
}

/// How long something on the page may take to happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often a driver is started that ends without telling its port.
const STARTS: usize = 5;

impl Browser {
    /// Starts a browser; `None` where there is none, which is an error in continuous integration.
    pub fn start() -> Option<Browser> {
        let (driver, port) = match start_driver() {
            Ok(started) => started,
            Err(error) => {
                assert!(std::env::var_os("CI").is_none(), "chromedriver is needed: {error}");
                skip("chromedriver is not installed (Debian: chromium and chromium-driver)");
                return None;
            }
        };
        let client: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE * 3))
            .build()
            .into();
        let mut browser =
            Browser { is_chromium: true, driver, session: format!("http://localhost:{port}"), client };
        let options = json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": { "args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                "--disable-background-networking", "--disable-component-update", "--no-first-run",
                "--force-color-profile=srgb", "--window-size=1280,800",
            ] },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        } } });
        let session = browser.post("/session", &options);
        let id = session["sessionId"].as_str().expect("a session").to_owned();
        browser.session += &format!("/session/{id}");
        browser.size(1280, 800);
        Some(browser)
    }

    /// Starts Firefox; `None` where it or its driver is missing. `GECKODRIVER` may say where the driver is.
    pub fn firefox() -> Option<Browser> {
        let folders = std::env::var_os("PATH").unwrap_or_default();
        let Some(binary) = std::env::split_paths(&folders)
            .map(|folder| folder.join("firefox-esr"))
            .find(|path| path.exists())
        else {
            hotlist_testkit::skip("firefox-esr is not installed");
            return None;
        };
        let program = std::env::var_os("GECKODRIVER").unwrap_or_else(|| "geckodriver".into());
        let port = std::net::TcpListener::bind(("127.0.0.1", 0)).ok()?.local_addr().ok()?.port();
        let started = Command::new(&program)
            .args(["--host", "127.0.0.1", "--port", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(driver) = started else {
            hotlist_testkit::skip("there is no geckodriver (GECKODRIVER names none)");
            return None;
        };
        let client: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE * 6))
            .build()
            .into();
        let session = format!("http://127.0.0.1:{port}");
        let mut browser = Browser { is_chromium: false, driver, session, client };
        let start = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() && start.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(50));
        }
        let options = json!({ "capabilities": { "alwaysMatch": { "moz:firefoxOptions": {
            "binary": binary, "args": ["-headless", "--width=1280", "--height=800"],
        } } } });
        let id = browser.post("/session", &options)["sessionId"].as_str().expect("a session").to_owned();
        browser.session += &format!("/session/{id}");
        Some(browser)
    }

    fn value(response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Value {
        let mut response = response.expect("the driver answers");
        let status = response.status();
        let body = response.body_mut().with_config().limit(64 << 20).read_to_string().expect("an answer");
        let mut body: Value = serde_json::from_str(&body).expect("JSON");
        assert!(status.is_success(), "{}", body["value"]["message"]);
        body["value"].take()
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.session);
        Self::value(self.client.post(url).content_type("application/json").send(body.to_string()))
    }

    /// A command of Chrome's own protocol.
    pub fn chrome(&self, command: &str, params: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": params }))
    }

    /// Makes the page so large.
    pub fn size(&self, width: u32, height: u32) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.chrome("Emulation.setDeviceMetricsOverride", &metrics);
    }

    /// Lets the system prefer `light` or `dark`.
    pub fn prefer(&self, scheme: &str) {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.chrome("Emulation.setEmulatedMedia", &features);
    }

    pub fn open(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
    }

    pub fn back(&self) {
        self.post("/back", &json!({}));
    }

    pub fn forward(&self) {
        self.post("/forward", &json!({}));
    }

    pub fn url(&self) -> String {
        self.run("return location.href").as_str().unwrap_or_default().to_owned()
    }

    /// Runs a function body on the page and returns what it returns.
    pub fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Waits until an expression is true.
    ///
    /// # Panics
    /// When that takes too long.
    pub fn wait(&self, expression: &str) {
        let start = Instant::now();
        while self.run(&format!("return Boolean({expression})")) != true {
            if start.elapsed() > PATIENCE {
                let text = self.run("return document.body.innerText");
                panic!("not within {PATIENCE:?}: {expression}\nat {}\n{text}", self.url());
            }
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// Waits until the page has the text somewhere that people see.
    pub fn wait_text(&self, text: &str) {
        self.wait(&format!("document.body.innerText.includes({})", json!(text)));
    }

    fn element(&self, css: &str) -> String {
        self.wait(&format!("document.querySelector({})", json!(css)));
        let found = self.post("/element", &json!({ "using": "css selector", "value": css }));
        found.as_object().and_then(|found| found.values().next()?.as_str()).expect("an element").to_owned()
    }

    pub fn click(&self, css: &str) {
        let element = self.element(css);
        self.post(&format!("/element/{element}/click"), &json!({}));
    }

    /// Clicks the first element of this kind with this text.
    pub fn click_text(&self, css: &str, text: &str) {
        let find = format!(
            "[...document.querySelectorAll({})].find((e) => e.innerText.trim().startsWith({}))",
            json!(css),
            json!(text)
        );
        self.wait(&find);
        self.run(&format!("{find}.click()"));
    }

    /// Types into a field, in place of what is there.
    pub fn fill(&self, css: &str, text: &str) {
        let element = self.element(css);
        self.post(&format!("/element/{element}/clear"), &json!({}));
        self.post(&format!("/element/{element}/value"), &json!({ "text": text }));
    }

    /// Presses a key wherever the focus is.
    pub fn key(&self, key: &str) {
        let actions = json!([{ "type": "keyDown", "value": key }, { "type": "keyUp", "value": key }]);
        self.post("/actions", &json!({ "actions": [{ "type": "key", "id": "keys", "actions": actions }] }));
    }

    /// Moves the mouse to a position of the window and, with a button, clicks there.
    pub fn mouse(&self, x: f64, y: f64, button: Option<u8>) {
        let mut actions = vec![json!({ "type": "pointerMove", "duration": 0, "x": x as i64, "y": y as i64 })];
        if let Some(button) = button {
            actions.push(json!({ "type": "pointerDown", "button": button }));
            actions.push(json!({ "type": "pointerUp", "button": button }));
        }
        let mouse = json!({ "type": "pointer", "id": "mouse", "actions": actions });
        self.post("/actions", &json!({ "actions": [mouse] }));
    }

    /// Presses the mouse at one position of the window and lets it go at another.
    pub fn drag(&self, from: (f64, f64), to: (f64, f64)) {
        let to_place = |(x, y): (f64, f64)| json!({ "type": "pointerMove", "duration": 20, "x": x as i64, "y": y as i64 });
        let actions = [
            to_place(from),
            json!({ "type": "pointerDown", "button": 0 }),
            to_place((f64::midpoint(from.0, to.0), f64::midpoint(from.1, to.1))),
            to_place(to),
            json!({ "type": "pointerUp", "button": 0 }),
        ];
        let mouse = json!({ "type": "pointer", "id": "mouse", "actions": actions });
        self.post("/actions", &json!({ "actions": [mouse] }));
    }

    /// Taps with one finger.
    pub fn tap(&self, x: f64, y: f64) {
        let actions = json!([
            { "type": "pointerMove", "duration": 0, "x": x as i64, "y": y as i64 },
            { "type": "pointerDown", "button": 0 },
            { "type": "pointerUp", "button": 0 },
        ]);
        let finger = json!({ "type": "pointer", "id": "finger", "parameters": { "pointerType": "touch" }, "actions": actions });
        self.post("/actions", &json!({ "actions": [finger] }));
    }

    /// Moves two fingers apart, from 20 pixels at both sides of a position to 120.
    pub fn pinch(&self, x: f64, y: f64) {
        let finger = |name: &str, side: f64| {
            let to = |away: f64| json!({ "type": "pointerMove", "duration": 40, "x": (x + side * away) as i64, "y": y as i64 });
            json!({
                "type": "pointer", "id": name, "parameters": { "pointerType": "touch" },
                "actions": [to(20.0), { "type": "pointerDown", "button": 0 }, to(70.0), to(120.0), { "type": "pointerUp", "button": 0 }],
            })
        };
        self.post("/actions", &json!({ "actions": [finger("left", -1.0), finger("right", 1.0)] }));
    }

    /// The middle of the widest frame of a flame graph whose label is `label`, in the window.
    pub fn frame(&self, label: &str) -> (f64, f64) {
        self.wait("document.querySelector('.flame-canvas')?.chart?.model");
        let found = self.run(&format!(
            "const chart = document.querySelector('.flame-canvas').chart, model = chart.model; let best = -1;
             for (let f = 0; f < model.count; f++) if (model.label(f) === {} && (best < 0 || model.size[f] > model.size[best])) best = f;
             if (best < 0) return null;
             chart.reveal(best);
             const box = chart.box(best), at = chart.canvas.getBoundingClientRect();
             return [at.left + box.x + box.width / 2, at.top + box.y + box.height / 2];",
            json!(label)
        ));
        match (found[0].as_f64(), found[1].as_f64()) {
            (Some(x), Some(y)) => (x, y),
            _ => panic!("there is no frame {label}"),
        }
    }

    /// Saves what is seen.
    pub fn picture(&self, path: &Path) {
        let shot = self.chrome("Page.captureScreenshot", &json!({ "format": "png" }));
        let data = shot["data"].as_str().expect("a picture");
        std::fs::write(path, base64(data)).expect("a file");
    }

    fn log(&self, kind: &str) -> Vec<Value> {
        match self.post("/se/log", &json!({ "type": kind })) {
            Value::Array(entries) => entries,
            _ => Vec::new(),
        }
    }

    /// Fails when the page complained, or anything but `origin` was asked for something.
    pub fn assert_clean(&self, origin: &str) {
        assert_eq!(self.run("return window.hit ?? null"), Value::Null, "something was executed");
        if !self.is_chromium {
            return;
        }
        // Answers of the server that are refusals by design are told by the page itself.
        let refusal = |text: &str| text.contains("the server responded with a status of 4");
        let complaints: Vec<String> = self
            .log("browser")
            .iter()
            .map(|entry| entry["message"].as_str().unwrap_or_default().to_owned())
            .filter(|text| !refusal(text))
            .collect();
        assert!(complaints.is_empty(), "the console has {complaints:#?}");
        for entry in self.log("performance") {
            let message: Value =
                serde_json::from_str(entry["message"].as_str().unwrap_or("null")).unwrap_or_default();
            let message = &message["message"];
            if message["method"] == "Network.requestWillBeSent" {
                let url = message["params"]["request"]["url"].as_str().unwrap_or_default();
                let own = [origin, "data:", "blob:", "about:", "chrome", "file:"];
                assert!(own.iter().any(|own| url.starts_with(own)), "a request to {url}");
            }
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.client.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Decodes base64 as in RFC 4648.
fn base64(text: &str) -> Vec<u8> {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let digits: Vec<u8> = text.bytes().filter(|&byte| byte != b'=').map(digit).collect();
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    for group in digits.chunks(4) {
        let bits =
            group.iter().fold(0u32, |bits, &digit| bits << 6 | u32::from(digit)) << (6 * (4 - group.len()));
        bytes.extend(bits.to_be_bytes()[1..].iter().take(group.len().saturating_sub(1)));
    }
    bytes
}

/// A driver and the port on which it listens; an error where there is none.
///
/// With `--port=0` the driver takes a free port of one address family and ends if another process has that port
/// in the other family, which happens where many tests run at once; then it is started anew.
fn start_driver() -> io::Result<(Child, u16)> {
    let mut said = String::new();
    for _ in 0..STARTS {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let output = driver.stdout.take().expect("a pipe");
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if let Some((_, rest)) = line.split_once("successfully on port ")
                && let Ok(port) = rest.trim_end_matches('.').parse()
            {
                return Ok((driver, port));
            }
            said += &line;
            said.push('\n');
        }
        driver.wait()?;
    }
    panic!("chromedriver told no port in {STARTS} starts, but:\n{said}");
}
