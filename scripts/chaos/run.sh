# Sourced by the scripts beside it: builds the program and runs it with one fault.
# shellcheck shell=bash
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../common.sh"

run_chaos() { # <fault> <argument>...
  local argument help=no
  for argument in "${@:2}"; do
    case $argument in -h | --help) help=yes ;; esac
  done
  need_dotnet
  need_libraries
  if [[ $help == no && -z ${RAFTSTREAM_COMMAND:-} ]]; then
    publish
    export RAFTSTREAM_COMMAND=$raftstream
  fi
  local program=$artifacts/chaos
  dotnet publish "$root/tests/RaftStream.Chaos" --configuration Release --output "$program" --verbosity quiet >"$artifacts/chaos.log" 2>&1 \
    || { grep -E 'error' "$artifacts/chaos.log" | sort -u | head -n 20 >&2; die "the build failed: $artifacts/chaos.log"; }
  exec dotnet "$program/RaftStream.Chaos.dll" "$@"
}
