# Sourced by the scripts beside it: builds the program, if a source is newer, and runs it with one fault.
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
    publish_if_stale
    export RAFTSTREAM_COMMAND=$raftstream
  fi
  local program=$artifacts/chaos
  publish_program_if_stale "$root/tests/RaftStream.Chaos" chaos
  exec dotnet "$program/RaftStream.Chaos.dll" "$@"
}
