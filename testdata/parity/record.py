#!/usr/bin/env python3
"""Records what pprof answers, as the parity cases that `crates/cli/tests/parity.rs` holds us to.

  record.py PPROF [SEED]

Draws command lines (every report with every option, patterns taken from the names in the profiles),
runs PPROF (a build of github.com/google/pprof) many times on each in testdata/profiles, and writes
one file for each report beside this script. A case is left out when pprof's answer changes from run to
run or with its place on disk, when it is very long, or when it shows a deliberate difference of
docs/differences.md. Afterwards the diff of the files is for a person to read.

A case in the files:

  $ -top -cum synth-1-003.pb.gz       the command line; no argument holds a space
  > -raw {out}                        where a file was written, the line that reads it back
  |Type: cpu                          each line of standard output
  = end                               "= end", "= end without newline" or "= fails"
"""
import os, pathlib, random, re, subprocess, sys, tempfile
from concurrent.futures import ThreadPoolExecutor

HERE = pathlib.Path(__file__).resolve().parent
PROFILES = HERE.parent / "profiles"
LONGEST = 24_000
# Ties that pprof breaks by chance show themselves only now and then.
RUNS = 20

REPORTS = ["top", "text", "tree", "peek", "traces", "raw", "tags", "comments", "list", "dot", "callgrind", "proto", "topproto"]
OPTIONS = {
    "functions": [""], "filefunctions": [""], "files": [""], "lines": [""], "addresses": [""],
    "noinlines": [""], "showcolumns": [""], "cum": [""], "flat": [""],
    "nodecount": ["0", "3", "7", "25", "-1"], "nodefraction": ["0", "0.02", "0.1", "0.4"],
    "edgefraction": ["0", "0.02", "0.2"], "trim": ["false", "true"],
    "focus": ["NAME", "NAMES"], "ignore": ["NAME", "NAMES"], "hide": ["NAME", "NAMES"], "show": ["NAME", "NAMES"],
    "show_from": ["NAME"], "prune_from": ["NAME"],
    "tagfocus": ["TAG", "KEYTAG", "RANGE"], "tagignore": ["TAG", "KEYTAG", "RANGE"],
    "tagshow": ["KEY"], "taghide": ["KEY"], "tagroot": ["KEY", "KEYS"], "tagleaf": ["KEY", "KEYS"],
    "unit": ["auto", "minimum", "ms", "s", "kb", "MB", "count", "us", "hrs"],
    "divide_by": ["2", "3.7", "0.5", "1000"], "mean": [""], "sample_index": ["0", "TYPE", "TYPE", "nosuch", "9"],
    "relative_percentages": [""], "call_tree": [""], "drop_negative": [""], "compact_labels": [""],
    "base": ["PROFILE"], "diff_base": ["PROFILE"], "normalize": [""], "add_comment": ["hello"],
    "all_frames": [""], "source_path": ["src", "src:nosuch"], "trim_path": ["/src", "/usr:/home", "/proc/self/cwd"],
    "inuse_space": [""], "alloc_objects": [""], "contentions": [""], "mean_delay": [""], "total_delay": [""],
    "SECOND": [""],
}
GRANULARITIES = ["functions", "filefunctions", "files", "lines", "addresses"]


def run(pprof, words, folder):
    """Exit status and standard output, with an empty home."""
    with tempfile.TemporaryDirectory() as home:
        env = {"PATH": "/nonexistent", "TZ": "UTC", "NO_COLOR": "1", "HOME": home, "PPROF_TMPDIR": home}
        words = [word.replace("{out}", home + "/out") for word in words]
        # Without symbolization, so that the answer does not depend on the binaries of this machine.
        done = subprocess.run([pprof, "-symbolize=none", *words], cwd=folder, env=env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        if done.returncode == 0 and words[0] in ("-proto", "-topproto"):
            done = subprocess.run([pprof, "-symbolize=none", "-raw", home + "/out"], cwd=folder, env=env,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        return done.returncode, done.stdout, done.stderr


class Names:
    """What a profile holds, as pprof tells it."""

    def __init__(self, pprof, profile):
        ask = lambda *words: run(pprof, [*words, profile], PROFILES)[1].decode("utf-8", "replace")
        rows = [row.split(None, 5) for row in ask("-top", "-trim=false").splitlines()]
        self.functions = [row[5].removesuffix(" (inline)") for row in rows if len(row) == 6 and row[1].endswith("%")]
        raw = ask("-raw")
        types = raw.split("Samples:\n", 1)[1].split("\n", 1)[0] if "Samples:\n" in raw else ""
        self.types = [word.split("/")[0] for word in types.replace("[dflt]", "").split()]
        self.keys, self.values = [], []
        for line in ask("-tags").splitlines():
            if ": Total" in line:
                self.keys.append(line.split(": Total")[0].strip())
            elif "): " in line:
                self.values.append((self.keys[-1], line.split("): ", 1)[1].strip()))

    def pattern(self, random):
        name = random.choice(self.functions or ["main"])
        parts = re.findall(r"[A-Za-z_]{3,}", name) or ["main"]
        return random.choice(["^" + re.sub(r"([^A-Za-z0-9_])", r"\\\1", name) + "$", random.choice(parts),
                              "(?i)" + random.choice(parts).upper(), random.choice(parts)[:4] + ".*[a-z]$"])

    def fill(self, kind, random, profiles):
        key = lambda: random.choice(self.keys or ["nosuch"])
        match kind:
            case "NAME": return self.pattern(random)
            case "NAMES": return self.pattern(random) + "|" + self.pattern(random)
            case "KEY": return key()
            case "KEYS": return key() + "," + key()
            case "TAG": return random.choice(self.values or [("", "nosuch")])[1].lstrip("/") or "x"
            case "KEYTAG": return "=".join(random.choice(self.values or [("nosuch", "x")]))
            case "RANGE": return random.choice(["1kb:", ":1mb", "1ms:2s", "1:100", "64kb:64mb", "bytes=1kb:10mb"])
            case "TYPE": return random.choice(self.types or ["0"])
            case "PROFILE": return random.choice(profiles)
            case _: return kind


def draw(random, pprof):
    """The command lines, each a report name and its words."""
    profiles = sorted(path.name for path in PROFILES.glob("*.pb.gz"))
    names = {profile: Names(pprof, profile) for profile in profiles}
    lines = []

    def line(report, options, profile):
        known = names[profile]
        words = ["-" + report]
        if report in ("list", "peek"):
            words = [f"-{report}={known.pattern(random)}"]
        if report == "list" and "source_path" not in options:
            words.append("-source_path=src")
        sources = [profile]
        for option in options:
            if option == "SECOND":
                sources.append(random.choice([p for p in profiles if p.split(".")[0] == profile.split(".")[0] and p.startswith("wake")] or [profile]))
                continue
            value = known.fill(random.choice(OPTIONS[option]), random,
                               [profile] * 3 + [p for p in profiles if p.startswith("wake")])
            words.append(f"-{option}={value}" if value else f"-{option}")
            if option == "normalize" and not {"base", "diff_base"} & set(options):
                words.append("-diff_base=" + profile)
        if report in ("proto", "topproto"):
            words.append("-output={out}")
        return report, words + sources

    for report in REPORTS:
        for profile in ["seed.pb.gz", "wake.heap.pb.gz", "synth-1-029.pb.gz", "listing-5-018.pb.gz"]:
            lines.append(line(report, [], profile))
        for option in OPTIONS:
            options = [option] + random.sample(sorted(OPTIONS), random.choice([0, 0, 1, 1, 2]))
            chosen = [o for o in options if o in GRANULARITIES][1:]
            options = list(dict.fromkeys(o for o in options if o not in chosen))
            if {"base", "diff_base"} <= set(options):
                options.remove("base")
            lines.append(line(report, options, random.choice(profiles)))
    # Most listings show a recursive function and are left out, so more of them are drawn.
    for option in list(OPTIONS) * 3:
        lines.append(line("list", [option], random.choice(profiles)))
    return [(report, words) for report, words in lines if not any(re.search(r"\s", word) or not word for word in words)]


def recursive_functions(pprof):
    """The functions that occur twice in a stack of any of the profiles."""
    found = set()
    for profile in PROFILES.glob("*.pb.gz"):
        traces = run(pprof, ["-traces", profile.name], PROFILES)[1].decode("utf-8", "replace")
        for stack in re.split(r"\n-+\+-+\n", traces):
            names = [line[10:].strip().removesuffix(" (inline)") for line in stack.splitlines()]
            found |= {name for name in names if names.count(name) > 1}
    return found


def deliberate(report, words, out, recursive):
    """Whether docs/differences.md explains why our answer is another one."""
    text = out.decode("utf-8", "replace")
    if "\ufffd" in text or re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text):
        return True  # names with control characters
    if report == "list":
        listed = re.findall(r"(?m)^ROUTINE =+ (.*?)(?: in .*)?$", text)
        means = any(word.startswith("-mean") for word in words)
        return means or any(name in recursive for name in listed)
    return False


def main():
    pprof = os.path.abspath(sys.argv[1])
    seed = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 20261124)
    drawn = draw(seed, pprof)
    recursive = recursive_functions(pprof)

    def record(case):
        report, words = case
        runs = [run(pprof, words, PROFILES) for _ in range(RUNS)]
        status, out, err = runs[0]
        stable = all(other[:2] == (status, out) for other in runs)
        local = str(PROFILES).encode() in out or b"/tmp" in out
        if not stable or local or len(out) > LONGEST or b"goroutine " in err or deliberate(report, words, out, recursive):
            return None
        return status, out

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        answers = list(pool.map(record, drawn))
    total = 0
    for report in REPORTS:
        kept = [(words, *answer) for (name, words), answer in zip(drawn, answers) if name == report and answer]
        # Command lines that fail are alike: a few of them are enough.
        failing = [case for case in kept if case[1] != 0][:3]
        kept = [case for case in kept if case[1] == 0 or case in failing]
        total += len(kept)
        with open(HERE / f"{report}.txt", "wb") as file:
            for words, status, out in kept:
                file.write(f"$ {' '.join(words)}\n".encode())
                if report in ("proto", "topproto"):
                    file.write(b"> -raw {out}\n")
                if status != 0:
                    file.write(b"= fails\n\n")
                    continue
                for row in out.removesuffix(b"\n").split(b"\n") if out else []:
                    file.write(b"|" + row + b"\n")
                complete = not out or out.endswith(b"\n")
                file.write(b"= end\n\n" if complete else b"= end without newline\n\n")
    print(f"{total} of {len(drawn)} command lines recorded")


main()
