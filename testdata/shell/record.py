#!/usr/bin/env python3
"""Records what pprof answers at its prompt, as the sessions that `crates/cli/tests/shell.rs` holds us to.

  record.py PPROF

Runs PPROF (a build of github.com/google/pprof) many times on the script of each session beside this file
and writes its answers behind the lines. A session in the files:

  $ -unit=ms wake.heap.pb.gz          the command line
  > top5                              a line of the script
  |      flat  flat%   sum%           each line that it adds to standard output
  !  unit                      = ms   each line that it adds to standard error

To add to a session, write a line that begins with "> " and run this. A line whose answer changes from run
to run is reported and has to go. Afterwards the diff of the files is for a person to read.
"""
import os, pathlib, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).resolve().parent
PROFILES = HERE.parent / "profiles"
PROMPT = "(pprof) "
# Ties that pprof breaks by chance show themselves only now and then.
RUNS = 20


def run(pprof, words, lines):
    """Standard output behind each line, and standard error."""
    with tempfile.TemporaryDirectory() as home:
        env = {"PATH": "/nonexistent", "TZ": "UTC", "HOME": home, "PPROF_TMPDIR": home}
        script = "".join(line.replace("{out}", home + "/out") + "\n" for line in lines)
        done = subprocess.run([pprof, "-symbolize=none", *words], cwd=PROFILES, env=env, input=script.encode(),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
        text = lambda raw: raw.decode("utf-8", "replace").replace(home, "{home}")
        # What stands before the first prompt belongs to no line.
        return text(done.stdout).split(PROMPT)[1:], text(done.stderr).splitlines()


def record(pprof, path):
    rows = [row for row in path.read_text().splitlines() if row[:2] in ("$ ", "> ", "# ") or row == ">"]
    words = next(row[2:] for row in rows if row.startswith("$ ")).split()
    lines = [row[2:] for row in rows if row.startswith(">")]
    answers, errors = run(pprof, words, lines)
    for _ in range(RUNS - 1):
        for line, first, again in zip(lines, answers, run(pprof, words, lines)[0]):
            if first != again:
                sys.exit(f"{path.name}: the answer to {line!r} changes from run to run")
    out, at = [], 0
    for row in rows:
        out.append(row)
        if row.startswith(">"):
            answer = answers[at] if at < len(answers) else ""
            out += ["|" + line for line in answer.splitlines()]
            at += 1
    out += ["!" + line for line in errors]
    path.write_text("\n".join(out) + "\n")
    print(f"{path.name}: {len(lines)} lines")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for path in sorted(HERE.glob("*.txt")):
        record(sys.argv[1], path)
