//! Writes the seeds into `corpus/`: `cargo run --example seeds`.
//!
//! Every seed is made here, so that it can be made again when a format changes.

use std::path::Path;
use std::{fs, io};

use hotlist_formats::{ALL, Claim, Head, Reader};
use hotlist_fuzz::recipe;
use hotlist_profile::{encode_to_vec, merge};

fn main() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (file, bytes) in decode()
        .chain(names())
        .chain(disassembly())
        .chain(imports()?)
        .chain(merges())
        .chain(options())
        .chain(patterns())
        .chain(reads())
        .chain(reports())
        .chain(symbols()?)
    {
        let path = corpus.join(file);
        fs::create_dir_all(path.parent().unwrap_or(&corpus))?;
        fs::write(path, bytes)?;
    }
    Ok(())
}

type Seed = (String, Vec<u8>);

/// Recipes for profiles: small, deep, with labels and edges.
fn recipes() -> Vec<Vec<u8>> {
    let small = b"\x00\x00\x01\x02\x03\x01\x01\x01\x02\x00\x01\x30".to_vec();
    let deep = [&[0, 1, 2, 19, 9][..], &[1, 2, 3, 4, 5, 6, 7, 9, 10, 251], &deep_stacks()].concat();
    let labelled =
        b"\x00\x02\x01\x09\x05\x01\x02\x03\x04\x05\x1a\x00\x01\x44\xf8\x30\x31\x32\x01\x45\x50\x40\x41\x42"
            .to_vec();
    let edges = b"\x00\x01\x03\x0f\x04\xff\xfe\xfd\xfc\x03\x00\x01\x02\xfc\xfd\x03\x02\x01\x00\xfd\xfc\x02\x01\x01\xfa"
        .to_vec();
    vec![small, deep, labelled, edges, b"\x00".to_vec()]
}

fn deep_stacks() -> Vec<u8> {
    (0u8..12)
        .flat_map(|row| {
            [vec![23], (0..23).map(|frame| frame % (row + 1)).collect(), vec![40 + row, 9]].concat()
        })
        .collect()
}

fn profiles() -> Vec<Vec<u8>> {
    let mut profiles: Vec<Vec<u8>> = recipes()
        .iter()
        .filter_map(|recipe| recipe::profile(recipe))
        .map(|profile| encode_to_vec(&profile))
        .collect();
    let mut full = recipe::profile(&recipes()[2]).expect("a recipe");
    full.comments = vec![full.strings.intern(b"a comment"), full.strings.intern(b"#tool")];
    full.doc_url = full.strings.intern(b"https://example.com/doc");
    full.drop_frames = full.strings.intern(b"runtime\\..*");
    full.keep_frames = full.strings.intern(b"main");
    full.default_sample_type = full.sample_types[0].kind;
    (full.time_nanos, full.duration_nanos) = (1_700_000_000_000_000_000, 2_000_000_000);
    profiles.push(encode_to_vec(&full));
    profiles
}

fn numbered(folder: &str, contents: Vec<Vec<u8>>) -> impl Iterator<Item = Seed> {
    contents.into_iter().enumerate().map(move |(number, bytes)| (format!("{folder}/{number:02}"), bytes))
}

fn decode() -> impl Iterator<Item = Seed> {
    let cuts = [[1, 1, 1, 1], [0, 7, 0, 200], [255, 3, 255, 3]];
    let mut seeds: Vec<Vec<u8>> = profiles()
        .iter()
        .zip(cuts.iter().cycle())
        .map(|(profile, cuts)| [&cuts[..], profile].concat())
        .collect();
    // A field that no profile has, a long number, unpacked numbers of a sample.
    seeds.push(b"\x03\x01\x03\x01\x82\x08\x05hello\x32\x00\x0a\x02\x08\x00".to_vec());
    seeds.push(b"\x01\x01\x01\x01\x48\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x32\x00".to_vec());
    seeds.push(b"\x02\x01\x01\x01\x0a\x04\x08\x01\x10\x02\x12\x04\x08\x01\x10\x05\x22\x02\x08\x01\x32\x00\x32\x03cpu\x32\x01s".to_vec());
    numbered("decode", seeds)
}

/// Some of the recorded names, and the shapes of names that cost much.
fn names() -> impl Iterator<Item = Seed> {
    let recorded = [
        (include_str!("../../crates/demangle/testdata/cpp.tsv"), 30),
        (include_str!("../../crates/demangle/testdata/rust.tsv"), 30),
    ];
    let recorded = recorded.into_iter().flat_map(|(text, step)| text.lines().step_by(step));
    let mut seeds: Vec<Vec<u8>> =
        recorded.map(|line| line.split('\t').next().unwrap_or("").as_bytes().to_vec()).collect();
    seeds.push(b"_Z1f1aIiiES_IS0_S0_ES_IS1_S1_ES_IS2_S2_E".to_vec());
    seeds.push(b"_Z1fIJicEJicEEvDp1aIT_DpT0_E".to_vec());
    seeds.push(b"_ZN1acvT_IN1acvT_IPKcEEEEv".to_vec());
    seeds.push(b"_RINvC1a1fTThhETB8_B8_ETBe_Be_EE".to_vec());
    seeds.push(b"_GLOBAL__I__ZN1a1bEv.cold.1".to_vec());
    seeds.push(b"foo::bar<int>(char (*)(a<b>))".to_vec());
    numbered("demangle", seeds)
}

fn merges() -> impl Iterator<Item = Seed> {
    let recipes = recipes();
    let pairs = recipes.iter().zip(recipes.iter().cycle().skip(1)).map(|(one, other)| join(one, other));
    let same = recipes.iter().map(|recipe| join(recipe, recipe));
    let encoded = profiles();
    let encoded = encoded.iter().map(|profile| join(profile, profile));
    numbered("merge", pairs.chain(same).chain(encoded).collect())
}

/// Two profiles and the byte that says where the second begins; the first is filled up to that place.
fn join(one: &[u8], other: &[u8]) -> Vec<u8> {
    let cut = (1..=255usize)
        .find(|cut| (one.len() + other.len()) * cut / 256 == one.len())
        .unwrap_or(one.len() * 256 / (one.len() + other.len()).max(1));
    [&[u8::try_from(cut).unwrap_or(255)], one, other].concat()
}

/// The samples of all formats, each with the number of its format.
fn imports() -> io::Result<impl Iterator<Item = Seed>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/formats/testdata/imported");
    let mut paths: Vec<_> =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    paths.retain(|path| path.extension().is_none_or(|extension| extension != "raw"));
    paths.sort();
    let mut seeds = Vec::new();
    for path in paths {
        let data = fs::read(path)?;
        let head = Head::new(&data, true);
        let number = ALL.iter().position(|format| {
            !matches!(format.reader, Reader::Encoded) && format.sniff.claim(&head) == Claim::Yes
        });
        seeds.push([&[number.unwrap_or_default() as u8], &data[..]].concat());
    }
    Ok(numbered("import", seeds))
}

const OPTIONS: &[&str] = &[
    "",
    "focus=main\nnodecount=5\nargument=.",
    "granularity=lines\nsort=cum\nargument=main",
    "granularity=addresses\nnoinlines\ncall_tree\nargument=(?i)MAIN|runtime",
    "granularity=files\nshowcolumns=1\ntrim=false\nargument=\\.",
    "tagroot=user,bytes\ntagleaf=bytes\nunit=kB\nargument=a",
    "tagfocus=bytes=1kb:2mb\ntagignore=user=ab,cd\ntagshow=user\ntaghide=b\nargument=.*",
    "mean\nrelative_percentages\ndivide_by=3.5\nsample_index=cpu\nargument=main",
    "hide=std\nshow=m\nshow_from=main\nignore=java\nprune_from=HashMap\nargument=x",
    "nodefraction=-1\nedgefraction=1e300\nnodecount=-9223372036854775808\ndivide_by=1e-300\nargument=.",
    "drop_negative\ncompact_labels\nsample_index=99\nunit=auto\nargument=main",
    "divide_by=0\nfocus=[\nnodecount=0x7fffffffffffffff\nmax_size=4GB\nbase=a\ninuse_space",
    "source_path=/src:/usr\ntrim_path=/usr/src:C:\\x\ngranularity=filefunctions\nargument=.",
    "trim_path=//:/\nunit=minimum\nnodecount=1\nargument=.",
];

fn options() -> impl Iterator<Item = Seed> {
    numbered("options", OPTIONS.iter().map(|text| text.as_bytes().to_vec()).collect())
}

fn reports() -> impl Iterator<Item = Seed> {
    let profiles = [recipes(), profiles()].concat();
    let seeds = OPTIONS
        .iter()
        .zip(profiles.iter().cycle())
        .chain(OPTIONS.iter().take(profiles.len()).map(|options| (options, &profiles[1])));
    numbered(
        "reports",
        seeds.map(|(options, profile)| [options.as_bytes(), &[0], profile].concat()).collect(),
    )
}

/// Code of both processors, with prefixes and jumps.
fn disassembly() -> impl Iterator<Item = Seed> {
    let x86: &[u8] = &[
        0x55, 0x48, 0x89, 0xe5, 0xe8, 6, 0, 0, 0, 0x66, 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0, 0xf3,
        0x48, 0xab, 0x48, 0x8d, 0x05, 1, 2, 3, 4, 0xd1, 0xe8, 0x6b, 0xc0, 7, 0xf0, 0x0f, 0xb1, 0x11, 0xde,
        0xc9, 0xc5, 0xf8, 0x77, 0x62, 0xf1, 0x7c, 0x48, 0x10, 0x07, 0x74, 0xfe, 0x06, 0xc3,
    ];
    let aarch64: Vec<u8> = [
        0xd65f_03c0u32,
        0x9400_0004,
        0xb000_0010,
        0xf947_fe11,
        0x5400_0060,
        0x9a9f_07e0,
        0xd280_0022,
        0xb200_03e1,
        0x8b3b_4eb4,
        0x1e6e_1001,
        0xd503_245f,
        0x4c00_6081,
        0xe400_e000,
        0x0000_0007,
    ]
    .iter()
    .flat_map(|word| word.to_le_bytes())
    .collect();
    let address = 0x40_1000u64.to_le_bytes();
    let seed = |way: u8, code: &[u8]| [&[way], &address[..], code].concat();
    numbered(
        "disassemble",
        vec![seed(0, x86), seed(1, x86), seed(2, &aarch64), seed(101, &aarch64), seed(102, x86)],
    )
}

/// A program with an inlined call, small since nothing else is linked.
const PROGRAM: &str = "static inline __attribute__((always_inline)) int twice(int n) { return n * 2 ^ 5; }\n\
    __attribute__((noinline)) int work(int n) { return twice(n) + twice(n + 1); }\nvoid _start(void) { work(3); }\n";

/// A program with a table of Go 1.20 for two functions.
const GO_TABLE: &str = ".globl _start\n.text\n_start:\n.fill 32, 1, 0x90\n.section .gopclntab, \"a\"\n\
    .long 0xfffffff1\n.byte 0, 0, 1, 8\n.quad 2, 1, _start\n.quad 72, 104, 112, 128, 160\n\
    .ascii \"\\0main.work\\0main.main\\0\"\n.org 104\n.long 1, 0\n.ascii \"\\0main.go\\0\"\n.org 128\n\
    .byte 0, 2, 16, 4, 16, 0, 0, 2, 8, 6, 8, 0\n.org 160\n.long 0, 24, 16, 68, 32, 0\n\
    .long 0, 1, 0, 0, 1, 1, 7, 0, 0, 3\n.byte 0, 0, 0, 0\n.long 16, 11, 0, 0, 1, 1, 7, 0, 0, 9\n.byte 0, 0, 0, 0\n";

/// Object files by the compiler of this machine, as small as it makes them, and lists as text.
fn symbols() -> io::Result<impl Iterator<Item = Seed>> {
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("program.c"), PROGRAM)?;
    fs::write(folder.path().join("go.s"), GO_TABLE)?;
    let run = |program: &str, words: &[&str]| -> io::Result<()> {
        let status = std::process::Command::new(program).args(words).current_dir(folder.path()).status()?;
        if status.success() { Ok(()) } else { Err(io::Error::other(format!("{program} {words:?}"))) }
    };
    let small = [
        "-Os",
        "-nostdlib",
        "-static",
        "-fno-asynchronous-unwind-tables",
        "-Wl,-n",
        "-Wl,--build-id=0x01020304",
    ];
    let mut seeds = Vec::new();
    let mut take = |way: u8, name: &str| -> io::Result<()> {
        seeds.push([&[way], &fs::read(folder.path().join(name))?[..]].concat());
        Ok(())
    };
    for (name, options) in [
        ("dwarf5", &["-g", "-gdwarf-5"][..]),
        ("dwarf4", &["-g", "-gdwarf-4"]),
        ("split", &["-g", "-gsplit-dwarf"]),
        ("zlib", &["-g", "-gz=zlib"]),
    ] {
        run("gcc", &[&small[..], options, &["program.c", "-o", name]].concat())?;
        take(0, name)?;
    }
    run("gcc", &[&small[..], &["go.s", "-o", "go"]].concat())?;
    run("strip", &["go"])?;
    take(0, "go")?;
    run("objcopy", &["--only-keep-debug", "dwarf5", "debug"])?;
    run("strip", &["-o", "stripped", "dwarf5"])?;
    fs::copy(folder.path().join("debug"), folder.path().join("mini"))?;
    run("strip", &["--strip-debug", "mini"])?;
    run("xz", &["mini"])?;
    run("objcopy", &["--add-gnu-debuglink=debug", "--add-section=.gnu_debugdata=mini.xz", "stripped"])?;
    take(5, "stripped")?;
    seeds.extend(windows(folder.path())?);
    let list = "ffffffff81000000 T _text\nffffffff81000100 t work\t[module]\n0000000000000000 A hidden\n";
    seeds.push([&[1], list.as_bytes()].concat());
    let note = [[4u32, 4, 3].map(u32::to_ne_bytes).concat(), b"GNU\0\x01\x02\x03\x04".to_vec()].concat();
    seeds.push([&[2], &note[..], &note[..]].concat());
    seeds.push(b"\x03num_symbols: 1\n0x1010\tmain.work\n0x1020 a b\r\n0x99999999999999999 x\n".to_vec());
    Ok(numbered("symbols", seeds))
}

/// A Windows program and its PDB, by the Rust compiler and its linker.
fn windows(folder: &Path) -> io::Result<Option<Vec<u8>>> {
    let output = |command: &mut std::process::Command| -> io::Result<String> {
        let output = command.current_dir(folder).output()?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()))
    };
    let rustc = || std::process::Command::new("rustc");
    fs::write(folder.join("shop.rs"), include_str!("../../crates/symbolize/tests/support/foreign.rs.txt"))?;
    let words =
        ["--edition=2021", "--crate-type=lib", "-g", "-Copt-level=2", "-Cpanic=abort", "--emit=obj=shop.obj"];
    let target = ["--target", "x86_64-pc-windows-msvc", "shop.rs"];
    output(rustc().env("RUSTC_BOOTSTRAP", "1").args(words).args(target))?;
    let root = output(rustc().args(["--print", "sysroot"]))?;
    let host = output(rustc().arg("-vV"))?;
    let Some(host) = host.lines().find_map(|line| line.strip_prefix("host: ")) else { return Ok(None) };
    let linker = Path::new(&root).join("lib/rustlib").join(host).join("bin/gcc-ld/lld-link");
    let words =
        ["/nodefaultlib", "/entry:start", "/subsystem:console", "/debug", "/out:shop.exe", "shop.obj"];
    output(std::process::Command::new(linker).args(words))?;
    let program = fs::read(folder.join("shop.exe"))?;
    let Some(pdb) = compact(&fs::read(folder.join("shop.pdb"))?) else { return Ok(None) };
    Ok(Some([&[4], &(program.len() as u32).to_le_bytes()[..], &program, &pdb].concat()))
}

/// A PDB with the smallest blocks, and without the streams that only make others quicker to search.
fn compact(pdb: &[u8]) -> Option<Vec<u8>> {
    const BLOCK: usize = 512;
    const QUICKER: [usize; 5] = [6, 7, 9, 12, 14];
    let number = |bytes: &[u8], at: usize| -> Option<usize> {
        Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize)
    };
    let old = number(pdb, 32)?;
    let directory = number(pdb, number(pdb, 52)? * old)? * old;
    let directory = pdb.get(directory..directory + number(pdb, 44)?)?;
    let count = number(directory, 0)?;
    let mut place = 4 + 4 * count;
    let (mut sizes, mut blocks, mut contents) = (Vec::new(), Vec::new(), Vec::new());
    // Behind the header are the place of the directory and the directory itself.
    let mut next = 3u32;
    for stream in 0..count {
        let size = number(directory, 4 + 4 * stream)?;
        let mut bytes = Vec::new();
        for _ in 0..size.div_ceil(old) {
            let start = number(directory, place)? * old;
            bytes.extend_from_slice(pdb.get(start..start + old)?);
            place += 4;
        }
        bytes.truncate(if QUICKER.contains(&stream) { 0 } else { size });
        sizes.push(bytes.len() as u32);
        bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
        blocks.extend(next..next + (bytes.len() / BLOCK) as u32);
        next += (bytes.len() / BLOCK) as u32;
        contents.extend(bytes);
    }
    let directory: Vec<u8> =
        [&[count as u32], &sizes[..], &blocks].concat().iter().flat_map(|n| n.to_le_bytes()).collect();
    let header = [BLOCK as u32, 0, next, directory.len() as u32, 0, 1].map(u32::to_le_bytes).concat();
    let mut file = [&pdb[..32], &header].concat();
    for (place, part) in [(BLOCK, &2u32.to_le_bytes()[..]), (2 * BLOCK, &directory), (3 * BLOCK, &contents)] {
        file.resize(place, 0);
        file.extend_from_slice(part);
    }
    (directory.len() <= BLOCK).then_some(file)
}

fn patterns() -> impl Iterator<Item = Seed> {
    let pairs: &[(&str, &[u8])] = &[
        ("main", b"main.main"),
        (r"^runtime\.(?P<function>\w+)$", b"runtime.mallocgc"),
        (r"\Qa.b\E[[]func{", b"a.b[func{"),
        ("(a|ab)(c|bcd)(d*)", b"abcd"),
        ("(?i:STD)::(?-s:.)*?x{2,3}", b"std::vector<int>::xxx"),
        (r"[^\d\s[:alpha:]&&\x{1F600}-\x{1F64F}]+", "é 12 \u{1F600}".as_bytes()),
        (r"\pL\p{Greek}\P{Nd}\b\B\A\z", "aλ!".as_bytes()),
        ("(?m)^$|a*|(?U)b+", b"\n\naab\n"),
        (".", b"\xff\xfe\xc3\xa9\xed\xa0\x80"),
        (r"(((a{0,9}){0,9}){0,9})*", b"aaaaaaaa"),
        (r"(?P<n>a)(?<m>b)|\C\07\x{41}\a\f", b"ab"),
        ("a**", b""),
        ("(((((((((((((((((((((x)))))))))))))))))))))", b"x"),
        ("[[:word:]-\\]]|[a-", b"-"),
    ];
    numbered(
        "pattern",
        pairs.iter().map(|(pattern, text)| [pattern.as_bytes(), &[0], text].concat()).collect(),
    )
}

const MAPS: &str = "\nMAPPED_LIBRARIES:\n00400000-00500000 r-xp 00000000 08:01 42 /bin/prog\n\
    7f0000000000-7f0000100000 r-xp 00002000 08:01 43 /lib/libc.so.6\n";

fn reads() -> impl Iterator<Item = Seed> {
    let mut seeds: Vec<Vec<u8>> = [
        "heap profile:    3:     768 [     5:     1024] @ heap_v2/524288\n     2:      512 [     3:      768] @ 0x400100 0x400200\n     1:      256 [     2:      256] @ 0x400300\n",
        "heap profile: 1: 64 [ 1: 64] @ heapprofile\n1: 64 [1: 64] @ 0x400100\n",
        "heap profile: 1: 64 [ 2: 99] @ growthz\n1: 64 [2: 99] @ 0x400100 0x400104\n",
        "heap profile: 1: 64 [ 2: 99] @ fragmentationz\n1: 64 [2: 99] @ 0x400100\n",
        "heap profile: 1: 64 [ 2: 99] @ heap/1048576\n1: 64 [2: 99] @ 0x400100 0x7f0000000010\n",
        "goroutine profile: total 4\n3 @ 0x400100 0x400200\n#\t0x400100\tmain.main+0x10\tmain.go:7\n\n1 @ 0x400300\n",
        "threadcreate profile: total 0\n",
        "--- contentionz 1 ---\ncycles/second = 3201000000\nsampling period = 100\nms since reset = 16502\ndiscarded samples = 0\n  19490304      27 @ 0x400100 0x400200\n  768 1 @ 0x400300\n",
        "--- mutex:\ncycles/second=1000000000\nsampling period=1\n90 2 @ 0x400100\n",
        "--- threadz 1 ---\n\n--- Thread 7f79 (name: main/14748) stack: ---\n  PC: 0x00400100\n  creator: 0x400200\n  0x00400300\n--- Thread 7f80 (name: t/2) stack: ---\n  [same as previous thread]\n--- Memory map: ---\n00400000-00500000: /bin/prog\n",
    ]
    .iter()
    .map(|text| format!("{text}{MAPS}").into_bytes())
    .collect();
    seeds.push(
        b"--- heapz 1 ---\nformat = java\nresolution = bytes\n  10 (1) @ 0x1 0x2\n   0x1 com.x.A.m (A.java:7)\n   0x2 com.x.B.n (B.java)\n"
            .to_vec(),
    );
    seeds.push(
        b"--- contentionz 1 ---\nformat = java\nresolution = microseconds\nsampling period = 100\nms since reset = 6019923\n  1 1 @ 0x1\n   0x1 com.x.A.m (A.java:7)\n"
            .to_vec(),
    );
    seeds.extend(cpu_profiles());
    for profile in profiles() {
        seeds.push(gzip(&profile));
        seeds.push(profile);
    }
    // A zstd frame with one raw block, after RFC 8878 section 3.1.1: magic, single segment with a size
    // of one byte, a last raw block.
    let profile = &profiles()[0];
    if let (Ok(size), Ok(block)) = (u8::try_from(profile.len()), u32::try_from(profile.len() << 3 | 1)) {
        let frame = [&[0x28, 0xb5, 0x2f, 0xfd, 0x20, size], &block.to_le_bytes()[..3], profile].concat();
        seeds.push([&[0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 9], &frame[..]].concat());
        seeds.push(frame);
    }
    numbered("read", seeds)
}

/// Profiles of gperftools: words of 4 and 8 bytes in both orders, and one of Java.
fn cpu_profiles() -> Vec<Vec<u8>> {
    let words = |version: u64| -> Vec<u64> {
        vec![0, 3, version, 10_000, 0, 5, 2, 0x40_0100, 0x40_0200, 1, 1, 0x40_0300, 0, 1, 0]
    };
    let of = |words: Vec<u64>, word: fn(u64) -> Vec<u8>, tail: &str| -> Vec<u8> {
        words.into_iter().flat_map(word).chain(tail.bytes()).collect()
    };
    let java =
        "   0x400100 com.x.A.m (A.java:7)\n   0x400200 com.x.B.n (B.java:8)\n   0x400300 GC (libjvm.so)\n";
    vec![
        of(words(0), |word| word.to_le_bytes().to_vec(), &MAPS[1..]),
        of(words(0), |word| word.to_be_bytes().to_vec(), &MAPS[1..]),
        of(words(0), |word| word.to_le_bytes()[..4].to_vec(), &MAPS[1..]),
        of(words(0), |word| word.to_be_bytes()[4..].to_vec(), &MAPS[1..]),
        of(words(1), |word| word.to_le_bytes().to_vec(), java),
        of(words(1), |word| word.to_le_bytes()[..4].to_vec(), java),
    ]
}

fn gzip(encoded: &[u8]) -> Vec<u8> {
    let profile = hotlist_profile::decode(encoded).expect("a seed");
    let mut file = Vec::new();
    hotlist_formats::write(&merge([profile]).expect("one profile").expect("one profile"), &mut file)
        .expect("a vector takes everything");
    file
}
