//! The options that say where symbols come from and how they are shown.

use hotlist_testkit::installed;

use crate::support::{Map, World, address_in, build_id, line_of, names, whole};

/// A world with `program`, and `profile.pb` with an address in the inlined call of `work`.
fn world() -> Option<(World, u64)> {
    if !installed(&["gcc", "nm", "readelf"]) {
        return None;
    }
    let world = World::new();
    world.gcc("program", &["-no-pie"]);
    let address = address_in(&world, "program", "work");
    world.profile("profile.pb", &[whole(&world.path("program"))], &[address]);
    Some((world, address))
}

#[test]
fn ways_to_symbolize() {
    let Some((world, address)) = world() else { return };
    let look_up = |mode: &str| {
        let (mut found, _) = world.symbolize(&[&format!("-symbolize={mode}"), "{home}/profile.pb"], &[]);
        found.remove(&address).unwrap()
    };
    let full = look_up("");
    assert_eq!(names(&full), ["twice", "work"]);
    assert_eq!((full[0].2, full[1].2), (line_of("return count * 2"), line_of("return twice(count + 1)")));
    assert!(full[0].1.ends_with("program.c"));
    assert_eq!(look_up("local"), full);
    assert_eq!(look_up("force"), full);
    // Symbol tables have functions only; the one of a compiler's symbol is its file.
    assert_eq!(
        look_up("fastlocal").iter().map(|frame| (frame.0.as_str(), frame.2)).collect::<Vec<_>>(),
        [("work", 0)]
    );
    assert_eq!(look_up("none"), []);
    // There is no server to ask.
    assert_eq!(look_up("remote"), []);
    let (_, stderr) = world.symbolize(&["-symbolize=lcoal", "{home}/profile.pb"], &[]);
    assert!(stderr.contains("unrecognized symbolization option: lcoal"), "{stderr}");
}

#[test]
fn symbols_that_are_there_stay_unless_forced() {
    let Some((world, address)) = world() else { return };
    let (first, _) = world.symbolize(&["-symbolize=fastlocal", "{home}/profile.pb"], &[]);
    std::fs::rename(world.folder().join("out.pb.gz"), world.folder().join("fast.pb.gz")).unwrap();
    let (again, _) = world.symbolize(&["{home}/fast.pb.gz"], &[]);
    assert_eq!(again, first);
    let (forced, _) = world.symbolize(&["-symbolize=force", "{home}/fast.pb.gz"], &[]);
    assert_eq!(names(&forced[&address]), ["twice", "work"]);
}

#[test]
fn a_saved_profile_needs_no_binaries() {
    let Some((world, _)) = world() else { return };
    let words = ["-top", "-lines", "{home}/profile.pb"];
    let with_binaries = world.run(&words, &[]);
    assert!(with_binaries.text().contains("twice"), "{}", with_binaries.snapshot());
    let saved =
        world.run(&["-symbolize=force", "-proto", "-output={home}/saved.pb.gz", "{home}/profile.pb"], &[]);
    assert_eq!(saved.code, Some(0));
    std::fs::remove_file(world.folder().join("program")).unwrap();
    let without = world.run(&["-top", "-lines", "{home}/saved.pb.gz"], &[]);
    assert_eq!((without.text(), without.stderr.as_str()), (with_binaries.text(), ""));
    // The profile that has addresses only is not worth much now, and the report says so.
    let bare = world.run(&words, &[]);
    assert!(!bare.text().contains("twice") && bare.stderr.contains("no such file"), "{}", bare.snapshot());
}

#[test]
fn names_of_c_plus_plus() {
    if !installed(&["g++", "nm"]) {
        return;
    }
    let world = World::new();
    let source = "#include <vector>\nnamespace shop { template <class T> __attribute__((noinline)) T \
        total(const std::vector<T> &prices, T start) { for (T price : prices) start += price * price; return start; } }\n\
        int main(int count, char **) { return shop::total(std::vector<int>(count, 3), 4); }\n";
    world.hotlist.write("program.cpp", source);
    world.tool("g++", &["-O2", "-g", "-no-pie", "program.cpp", "-o", "program"]);
    let mangled = "_ZN4shop5totalIiEET_RKSt6vectorIS1_SaIS1_EES1_";
    let table = world.tool("nm", &["program"]);
    let mangled = table
        .lines()
        .find_map(|line| line.split(' ').next_back().filter(|name| name.starts_with("_ZN4shop")))
        .unwrap_or(mangled)
        .to_owned();
    let address = address_in(&world, "program", &mangled);
    world.profile("profile.pb", &[whole(&world.path("program"))], &[address]);
    let look_up = |profile: &str, mode: &str| {
        let (found, _) = world.symbolize(&[&format!("-symbolize={mode}"), profile], &[]);
        found[&address].last().unwrap().0.clone()
    };
    let profile = "{home}/profile.pb";
    assert_eq!(look_up(profile, "demangle=none"), mangled);
    assert_eq!(look_up(profile, ""), "shop::total");
    assert_eq!(look_up(profile, "demangle=default"), "shop::total");
    assert_eq!(look_up(profile, "demangle=templates"), "shop::total<int>");
    let full = look_up(profile, "demangle=full");
    assert!(full.starts_with("int shop::total<int>(std::vector<int"), "{full}");
    // In a profile that was symbolized before, too, with no binary there.
    assert_eq!(look_up(profile, "demangle=full"), full);
    std::fs::rename(world.folder().join("out.pb.gz"), world.folder().join("full.pb.gz")).unwrap();
    std::fs::remove_file(world.folder().join("program")).unwrap();
    assert_eq!(look_up("{home}/full.pb.gz", ""), full);
    assert_eq!(look_up("{home}/full.pb.gz", "demangle=templates"), "shop::total<int>");
    assert_eq!(look_up("{home}/full.pb.gz", "demangle=none"), mangled);
}

#[test]
fn the_main_binary() {
    let Some((world, address)) = world() else { return };
    let look_up = |words: &[&str], variables: &[(&str, &str)]| {
        let (mut found, stderr) = world.symbolize(words, variables);
        (found.remove(&address).unwrap(), stderr)
    };
    // A profile that names a file that is not there, or none at all.
    for file in ["/nowhere/server", ""] {
        world.profile("elsewhere.pb", &[whole(file)], &[address]);
        let (frames, stderr) = look_up(&["{home}/elsewhere.pb"], &[]);
        assert!(frames.is_empty() && stderr.contains("inary filename"), "{stderr}");
        let (frames, _) = look_up(&["{home}/program", "{home}/elsewhere.pb"], &[]);
        assert_eq!(names(&frames), ["twice", "work"]);
    }
    // -buildid names the build of the main binary, and other builds are refused.
    let id = build_id(&world, "program");
    std::fs::create_dir_all(world.folder().join(format!("store/{id}"))).unwrap();
    std::fs::rename(world.folder().join("program"), world.folder().join(format!("store/{id}/any"))).unwrap();
    let store = [("PPROF_BINARY_PATH", world.path("store"))];
    let store: Vec<(&str, &str)> = store.iter().map(|(name, value)| (*name, value.as_str())).collect();
    world.profile("elsewhere.pb", &[whole("/nowhere/server")], &[address]);
    assert!(look_up(&["{home}/elsewhere.pb"], &store).0.is_empty());
    let (frames, _) = look_up(&[&format!("-buildid={id}"), "{home}/elsewhere.pb"], &store);
    assert_eq!(names(&frames), ["twice", "work"]);
    assert!(look_up(&["-buildid=00ff00ff", "{home}/elsewhere.pb"], &store).0.is_empty());
}

#[test]
fn folders_of_binaries() {
    let Some((world, address)) = world() else { return };
    let id = build_id(&world, "program");
    let map = Map { build_id: id.clone(), ..whole("/opt/shop/server") };
    world.profile("server.pb", &[map], &[address]);
    let known = |variables: &[(&str, &str)]| {
        let (found, _) = world.symbolize(&["{home}/server.pb"], variables);
        !found[&address].is_empty()
    };
    let folder = |name: &str| world.folder().join(name);
    assert!(!known(&[]));
    // Without the variable it is pprof/binaries in the home folder.
    std::fs::create_dir_all(folder("pprof/binaries")).unwrap();
    std::fs::copy(folder("program"), folder("pprof/binaries/server")).unwrap();
    assert!(known(&[]));
    // Several folders, separated as in PATH.
    let (empty, good) = (world.path("empty"), world.path("pprof/binaries"));
    assert!(!known(&[("PPROF_BINARY_PATH", &empty)]));
    assert!(known(&[("PPROF_BINARY_PATH", &format!("{empty}:{good}"))]));
    let table = world.symbols(&["{home}/server.pb"], &[("PPROF_BINARY_PATH", &format!("{empty}:{good}"))]);
    assert!(table.contains(&format!("- {empty}/{id}/server: no such file")), "{table}");
    assert!(table.contains(&format!("+ {good}/server: binary")), "{table}");
    assert!(table.contains("1 of 1 addresses have a function, 1 a line"), "{table}");
    // One of another build in front of it is passed over.
    std::fs::create_dir_all(folder("empty")).unwrap();
    world.gcc("other", &["-no-pie", "-O1"]);
    std::fs::copy(folder("other"), folder("empty/server")).unwrap();
    let table = world.symbols(&["{home}/server.pb"], &[("PPROF_BINARY_PATH", &format!("{empty}:{good}"))]);
    assert!(table.contains(&format!("- {empty}/server: its build id is ")), "{table}");
    assert!(table.contains(&format!("+ {good}/server: binary")), "{table}");
}
