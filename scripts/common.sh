# Sourced by the scripts beside it: where the repository is, and what must be installed.
# shellcheck shell=bash
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
artifacts=$root/artifacts
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }

usage_and_exit() { # prints the comment block at the top of the calling script
  sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0" >&2
  exit "${1:-2}"
}

# install_packages <package>...: Debian packages, by apt-get as root or by sudo.
install_packages() {
  local run=()
  command -v apt-get >/dev/null || die "please install with your package manager: $*"
  if [[ $(id -u) != 0 ]]; then
    command -v sudo >/dev/null || die "please run as root: apt-get install $*"
    run=(sudo)
  fi
  say "installing $* (apt-get) ..."
  "${run[@]}" apt-get update -qq || true
  "${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@" >/dev/null || die "apt-get could not install: $*"
}

need_dotnet() {
  local version
  command -v dotnet >/dev/null || die "the .NET SDK 10 is needed: https://dotnet.microsoft.com/download"
  version=$(cd "$root" && dotnet --version 2>&1) || die "the .NET SDK 10 is needed; dotnet says: $(head -n 3 <<<"$version")"
}

# zstd and lz4 are called in the system's libraries; both are in Debian's base system.
need_libraries() {
  local missing=() libraries
  libraries=$(PATH=$PATH:/usr/sbin:/sbin ldconfig -p)
  grep -q 'libzstd\.so\.1' <<<"$libraries" || missing+=(libzstd1)
  grep -q 'liblz4\.so\.1' <<<"$libraries" || missing+=(liblz4-1)
  [[ ${#missing[@]} -eq 0 ]] || install_packages "${missing[@]}"
}

# publish: the raftstream command, compiled ahead of time, as $raftstream.
publish() {
  raftstream=$artifacts/raftstream/raftstream
  one_at_a_time publish_raftstream
}

# publish_if_stale: the same, when a source is newer than what is there.
publish_if_stale() {
  raftstream=$artifacts/raftstream/raftstream
  if is_stale raftstream; then one_at_a_time publish_raftstream_if_stale; fi
}

# publish_program_if_stale <project> <folder>: a program of tests/, into artifacts/<folder>, when a source is newer than what is there.
publish_program_if_stale() {
  if is_stale "$2" "$root/tests"; then one_at_a_time publish_stale_program "$1" "$2"; fi
}

# build <project or solution>
build() { one_at_a_time run_dotnet build build "$1"; }

# is_stale <folder> [other sources...]: true when nothing is published in artifacts/<folder>, or a source is newer. What builds
# leave behind is no source.
is_stale() {
  local built=$artifacts/$1/.built
  [[ -e $built ]] || return 0
  [[ -n $(find "$root/src" "$root/proto" "$root"/Directory.*.props "${@:2}" \
    \( -name obj -o -name bin \) -prune -o -type f -newer "$built" -print -quit) ]]
}

# one_at_a_time <command>...: two builds in the same tree break each other, so this one waits for the other.
one_at_a_time() {
  mkdir -p "$artifacts"
  (
    flock --nonblock 8 || { say "waiting for another build in $root ..."; flock 8; }
    "$@"
  ) 8>"$artifacts/.build.lock" || exit 1
}

publish_raftstream_if_stale() { if is_stale raftstream; then publish_raftstream; fi; }

publish_raftstream() {
  say "building raftstream ..."
  publish_as raftstream "$root/src/Apps/RaftStream.Cli" --runtime linux-x64 --no-self-contained
}

publish_stale_program() { # <project> <folder>
  if is_stale "$2" "$root/tests"; then publish_as "$2" "$1"; fi
}

publish_as() { # <folder> <project> <argument>...
  # What is changed from here on is newer than this build.
  touch "$artifacts/.building"
  run_dotnet "$1" publish "${@:2}" --output "$artifacts/$1"
  mv "$artifacts/.building" "$artifacts/$1/.built"
}

run_dotnet() { # <name of the log> <verb> <argument>...
  local log=$artifacts/$1.log
  # The servers that a build leaves behind must not keep the lock.
  dotnet "${@:2}" --configuration Release --verbosity quiet >"$log" 2>&1 8>&- 9>&- \
    || { grep -E 'error|warn' "$log" | sort -u | head -n 20 >&2; die "the build failed: $log"; }
}
