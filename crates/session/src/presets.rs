//! Filters that many people want, by name: patterns for the option `hide`.

/// A filter with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// What it is called.
    pub name: &'static str,
    /// What it does, in a line.
    pub help: &'static str,
    /// The pattern for `hide`. It is matched against names of functions, source files and object files.
    pub hide: &'static str,
}

/// The presets, from the mildest to the strictest.
pub const PRESETS: [Preset; 2] = [
    Preset {
        name: "hide runtime",
        help: "without the runtime, the C library, the loader and the kernel",
        hide: concat!(
            // Go's scheduler, garbage collector, and how goroutines begin.
            r"^runtime[./]|^internal/(runtime|abi|bytealg|cpu)[./]|",
            // What Rust wraps around main and threads, and its allocator and panics.
            r"^(std|core)::(rt|panic|panicking|sys|sys_common|ops::function)::|",
            r"^__rust_|^__rdl_|^rust_begin_|",
            // What C and C++ begin with.
            r"^(_start|__libc_start_\w+|(__)?start_thread|(__)?clone3?|_?_dl_\w+)$|",
            // Binaries of the system.
            r"(^|/)(libc|libpthread|ld-linux[\w-]*|ld-musl[\w-]*)([.-][\w.-]*)?\.so|",
            r"\[(vdso|vsyscall|kernel\.kallsyms)\]",
        ),
    },
    Preset {
        name: "my code",
        help: "without runtimes, standard libraries and code of packages",
        hide: concat!(
            // Go's standard library: packages without a host in their path.
            r"^(archive|bufio|bytes|cmp|compress|container|context|crypto|database|debug|embed|encoding|errors|",
            r"expvar|flag|fmt|go|hash|html|image|index|internal|io|iter|log|maps|math|mime|net|os|path|plugin|",
            r"reflect|regexp|runtime|slices|sort|strconv|strings|structs|sync|syscall|testing|text|time|unicode|",
            // Behind the dot a function, not the extension of a file.
            r"unique|vendor|weak)(/[\w/.-]*)?\.([(A-Z]|[a-z]+[A-Z\d]|[a-z_]{6,})|",
            // Rust's and C++'s standard libraries, also as the type that a trait is implemented for.
            r"^<*(std|core|alloc|__gnu_cxx|__cxxabiv1)::|^__rust_|^__rdl_|^rust_begin_|",
            r"^(java|javax|jdk|sun|com\.sun|kotlin|scala)[./]|",
            r"^(_start|__libc_start_\w+|(__)?start_thread|(__)?clone3?|_?_dl_\w+)$|",
            // Sources and binaries that packages and the system install.
            r"/rustc/[0-9a-f]+/|/\.cargo/|/\.rustup/|/pkg/mod/|/go[\d.]*/src/|/node_modules/|^node:|",
            r"/(site|dist)-packages/|/lib/python[\d.]+/|^/usr/(include|lib|lib64|libexec|share)/|^/lib(64)?/|",
            r"\[(vdso|vsyscall|kernel\.kallsyms)\]",
        ),
    },
];

#[cfg(test)]
mod tests {
    use hotlist_pattern::Pattern;

    use super::*;

    /// Which of the presets hide a name.
    fn hidden(name: &str) -> [bool; 2] {
        PRESETS.map(|preset| Pattern::new(preset.hide).expect("a pattern").is_match(name.as_bytes()))
    }

    #[test]
    fn presets_tell_the_code_of_a_program_from_that_of_others() {
        for name in
            ["runtime.mallocgc", "runtime/internal/atomic.Load", "std::rt::lang_start", "__clone", "_start"]
        {
            assert_eq!(hidden(name), [true, true], "{name}");
        }
        for name in [
            "encoding/json.(*Decoder).Decode",
            "net/http.(*conn).serve",
            "os.(*File).Write",
            "<alloc::vec::Vec<T> as core::iter::FromIterator<T>>::from_iter",
            "std::vector<int>::push_back",
            "/home/u/.cargo/registry/src/x/serde-1.0/src/de.rs",
            "/home/u/go/pkg/mod/github.com/x/y@v1/z.go",
            "java.util.HashMap.get",
        ] {
            assert_eq!(hidden(name), [false, true], "{name}");
        }
        assert_eq!(hidden("/usr/lib/x86_64-linux-gnu/libc.so.6"), [true, true]);
        assert_eq!(hidden("/lib/x86_64-linux-gnu/libc-2.31.so"), [true, true]);
        for name in [
            "main.main",
            "github.com/x/y.Run",
            "example.com/runtime.Go",
            "hotlist::main",
            "main",
            "operate",
            "timeline.Draw",
            "com.example.Main.run",
            "src/main.rs",
            "log.cpp",
            "text.swift",
        ] {
            assert_eq!(hidden(name), [false, false], "{name}");
        }
    }
}
