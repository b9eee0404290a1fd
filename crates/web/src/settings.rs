//! Saved configurations, in the file of pprof: `pprof/settings.json` in the folder for settings of the user,
//! with the fields that pprof writes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use hotlist_fetch::write_beside;
use hotlist_session::{ALL, OptionSpec, Options, Scope, ValueType, ViewOptions};
use serde_json::{Map, Value};

/// Options that pprof does not save.
const NOT_SAVED: [&str; 4] = ["sample_index", "source_path", "trim_path", "divide_by"];

/// More than any settings need, in bytes.
const LARGEST_FILE: u64 = 16 << 20;

/// A file of named configurations.
#[derive(Debug)]
pub struct Settings {
    path: PathBuf,
    /// Held while the file is changed.
    lock: Mutex<()>,
}

impl Settings {
    /// The configurations in this file, which need not exist yet.
    pub fn at(path: PathBuf) -> Settings {
        Settings { path, lock: Mutex::new(()) }
    }

    /// The file that pprof uses, by the environment variables that say where users keep settings: Go's
    /// `os.UserConfigDir`.
    pub fn of_user(variable: impl Fn(&str) -> Option<String>) -> Option<Settings> {
        let folder = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let below_home = |path: &str| folder("HOME").map(|home| home.join(path));
        let config = if cfg!(windows) {
            folder("AppData")
        } else if cfg!(target_os = "macos") {
            below_home("Library/Application Support")
        } else {
            folder("XDG_CONFIG_HOME").filter(|path| path.is_absolute()).or_else(|| below_home(".config"))
        };
        Some(Settings::at(config?.join("pprof/settings.json")))
    }

    /// The configurations in the order of the file.
    ///
    /// # Errors
    /// When the file cannot be read or makes no sense.
    pub fn list(&self) -> io::Result<Vec<(String, ViewOptions)>> {
        let file = self.read()?;
        let mut found = Vec::new();
        for config in configs(&file) {
            let Some(name) = config.get("name").and_then(Value::as_str) else { continue };
            found.push((name.to_owned(), options(config)?));
        }
        Ok(found)
    }

    /// Keeps `view` under `name`, in place of what had that name.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn save(&self, name: &str, view: &ViewOptions) -> io::Result<()> {
        self.edit(|list| {
            let config = Value::Object(fields(name, view));
            match list.iter_mut().find(|config| has_name(config, name)) {
                Some(old) => *old = config,
                None => list.push(config),
            }
            Ok(())
        })
    }

    /// Forgets the configuration with this name.
    ///
    /// # Errors
    /// When there is none, and when the file cannot be read or written.
    pub fn delete(&self, name: &str) -> io::Result<()> {
        self.edit(|list| {
            let Some(row) = list.iter().position(|config| has_name(config, name)) else {
                return Err(io::Error::new(io::ErrorKind::NotFound, format!("config {name} not found")));
            };
            list.remove(row);
            Ok(())
        })
    }

    fn read(&self) -> io::Result<Map<String, Value>> {
        let place = |error: &dyn std::fmt::Display| {
            io::Error::other(format!("could not read settings in {}: {error}", self.path.display()))
        };
        match fs::metadata(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Map::new()),
            Err(error) => return Err(place(&error)),
            Ok(file) if !file.is_file() || file.len() > LARGEST_FILE => {
                return Err(place(&"it is no file or too large"));
            }
            Ok(_) => {}
        }
        let bytes = fs::read(&self.path).map_err(|error| place(&error))?;
        serde_json::from_slice(&bytes).map_err(|error| place(&error))
    }

    fn edit(&self, change: impl FnOnce(&mut Vec<Value>) -> io::Result<()>) -> io::Result<()> {
        let _alone = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        let mut file = self.read()?;
        let list = file.entry("configs").or_insert_with(|| Value::Array(Vec::new()));
        if !list.is_array() {
            *list = Value::Array(Vec::new());
        }
        if let Value::Array(list) = list {
            change(list)?;
        }
        make_folder(self.path.parent().unwrap_or(Path::new(".")))?;
        let text = serde_json::to_string_pretty(&file)?;
        write_beside(&self.path, |out| {
            out.write_all(text.as_bytes())
                .map_err(|cause| hotlist_fetch::Error::Write { path: self.path.clone(), cause })
        })
        .map_err(io::Error::other)
    }
}

/// Makes a folder that only its owner can enter.
fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn configs(file: &Map<String, Value>) -> impl Iterator<Item = &Map<String, Value>> {
    file.get("configs").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

fn has_name(config: &Value, name: &str) -> bool {
    config.get("name").and_then(Value::as_str) == Some(name)
}

fn saved_options() -> impl Iterator<Item = &'static OptionSpec> {
    ALL.iter().filter(|option| {
        (option.scope() == Scope::View || option.name == "normalize") && !NOT_SAVED.contains(&option.name)
    })
}

/// What pprof writes: numbers, truth values and text, those that are zero, false or empty left out.
fn fields(name: &str, view: &ViewOptions) -> Map<String, Value> {
    let options = Options { view: view.clone(), ..Options::default() };
    let mut fields = Map::new();
    fields.insert("name".to_owned(), name.into());
    for option in saved_options() {
        let text = option.get(&options);
        let value = match option.value {
            ValueType::Switch => Value::from(text == "true"),
            ValueType::Whole => text.parse::<i64>().unwrap_or_default().into(),
            ValueType::Number => text.parse::<f64>().unwrap_or_default().into(),
            _ => text.into(),
        };
        let is_empty = value == false || value == "" || value.as_f64() == Some(0.0);
        if !is_empty {
            fields.insert(option.name.to_owned(), value);
        }
    }
    fields
}

/// What a configuration says; what it does not mention is zero, false or empty.
fn options(config: &Map<String, Value>) -> io::Result<ViewOptions> {
    let mut options = Options::default();
    for option in saved_options() {
        let text = match (config.get(option.name), option.value) {
            (Some(Value::Bool(on)), ValueType::Switch) => on.to_string(),
            (Some(Value::Number(number)), ValueType::Whole | ValueType::Number) => number.to_string(),
            (Some(Value::String(text)), ValueType::Choice(_)) if text.is_empty() => continue,
            (None, ValueType::Choice(_)) => continue,
            (None, ValueType::Switch) => "false".to_owned(),
            (None, ValueType::Whole | ValueType::Number) => "0".to_owned(),
            (None, _) => String::new(),
            (Some(_), ValueType::Switch | ValueType::Whole | ValueType::Number) => continue,
            (Some(Value::String(text)), _) => text.clone(),
            (Some(_), _) => continue,
        };
        option.set(&mut options, &text).map_err(|why| io::Error::other(format!("{}: {why}", option.name)))?;
    }
    Ok(options.view)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Option<hotlist_pattern::Pattern> {
        Some(hotlist_pattern::Pattern::new(text).unwrap())
    }

    #[test]
    fn configurations_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings::at(folder.path().join("new/settings.json"));
        assert!(settings.list().unwrap().is_empty());
        let one = ViewOptions { focus: pattern("a.*"), trim: false, nodecount: 7, ..ViewOptions::default() };
        settings.save("one", &one).unwrap();
        settings.save("two", &ViewOptions::default()).unwrap();
        settings.save("one", &ViewOptions { nodecount: 0, ..one.clone() }).unwrap();
        let list = settings.list().unwrap();
        assert_eq!(list[0], ("one".to_owned(), ViewOptions { nodecount: 0, ..one }));
        assert_eq!(list[1], ("two".to_owned(), ViewOptions::default()));
        settings.delete("one").unwrap();
        assert_eq!(settings.list().unwrap().len(), 1);
        assert_eq!(settings.delete("one").unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    /// As pprof writes it for `f=x&g=lines` (fields and order of `config` in its `config.go`).
    const OF_PPROF: &str = r#"{"configs":[{"name":"c","unit":"minimum","sort":"flat","nodecount":-1,
        "nodefraction":0.005,"edgefraction":0.001,"trim":true,"focus":"x","granularity":"lines"}],"later":1}"#;

    #[test]
    fn files_of_pprof_are_read_and_what_is_unknown_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.json");
        fs::write(&path, OF_PPROF).unwrap();
        let settings = Settings::at(path.clone());
        let (name, view) = settings.list().unwrap().remove(0);
        let expected = ViewOptions {
            focus: pattern("x"),
            granularity: Some(hotlist_analyze::Granularity::Lines),
            ..ViewOptions::default()
        };
        assert_eq!((name.as_str(), &view), ("c", &expected));
        settings.save("c", &view).unwrap();
        let (old, new): (Value, Value) = (
            serde_json::from_str(OF_PPROF).unwrap(),
            serde_json::from_slice(&fs::read(&path).unwrap()).unwrap(),
        );
        assert_eq!(old, new);
        fs::write(&path, "{").unwrap();
        assert!(
            settings.list().is_err() && settings.save("d", &view).is_err(),
            "damaged files are left alone"
        );
        assert_eq!(fs::read(&path).unwrap(), b"{");
    }
}
