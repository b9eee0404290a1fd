#!/usr/bin/env bash
# Runs two builds of a benchmark in turn, with a CPU profile of each run, and compares them.
#
#   compare-runs.sh RUNS FOLDER BASE NEW [options of hotlist diff]
#
# BASE and NEW are commands that do a fixed amount of work and write a profile to the file that $PROFILE names. They are
# run RUNS times each, in the order base new new base, so that a machine that gets slower or faster is on both sides.
# The exit code is that of `hotlist diff`: 0, 1 when a rule holds, 2 when the runs could not be compared.
# $HOTLIST names the program, unless it is in $PATH.
set -euo pipefail

if (($# < 4)); then
  sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
runs=$1 folder=$2 base=$3 new=$4
shift 4
if [[ ! $runs =~ ^[1-9][0-9]*$ ]]; then
  echo "$0: $runs is no number of runs" >&2
  exit 2
fi
# Profiles of an earlier comparison would be taken for runs of this one.
for side in base new; do
  mkdir -p "$folder/$side"
  if compgen -G "$folder/$side/*" >/dev/null; then
    echo "$0: $folder/$side is not empty" >&2
    exit 2
  fi
done

run() {
  local side=$1 number=$2 command=$3 profile
  profile=$(printf '%s/%s/%03d.pb.gz' "$folder" "$side" "$number")
  if ! PROFILE=$profile bash -c "$command" >"$folder/log" 2>&1; then
    echo "$0: run $number of $side failed:" >&2
    tail -n 20 "$folder/log" >&2
    exit 2
  fi
  if [[ ! -s $profile ]]; then
    echo "$0: run $number of $side wrote no profile to \$PROFILE" >&2
    exit 2
  fi
}

for ((number = 1; number <= runs; number++)); do
  if ((number % 2)); then
    run base "$number" "$base"
    run new "$number" "$new"
  else
    run new "$number" "$new"
    run base "$number" "$base"
  fi
  if [[ -t 2 ]]; then printf '\r%d of %d runs of each' "$number" "$runs" >&2; fi
done
if [[ -t 2 ]]; then printf '\r\033[K' >&2; fi

exec "${HOTLIST:-hotlist}" diff -base "$folder/base" -new "$folder/new" "$@"
