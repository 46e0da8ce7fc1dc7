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
publish() { publish_program raftstream raftstream "$root/src/Apps/RaftStream.Cli" --runtime linux-x64 --no-self-contained; }

# publish_program <name> <folder> <project> <option>...: into artifacts/<folder>. One build at a time: two in the same tree break each other.
publish_program() {
  local name=$1 folder=$2 project=$3
  local log=$artifacts/publish-$folder.log
  raftstream=$artifacts/raftstream/raftstream
  mkdir -p "$artifacts"
  (
    flock --nonblock 8 || { say "waiting for another build in $root ..."; flock 8; }
    say "building $name ..."
    # Servers that the build leaves behind must not hold the lock.
    dotnet publish "$project" --configuration Release "${@:4}" --output "$artifacts/$folder" --verbosity quiet >"$log" 2>&1 8>&- \
      || { grep -E 'error' "$log" | sort -u | head -n 20 >&2; die "the build failed: $log"; }
  ) 8>"$artifacts/.build.lock" || exit 1
}

# is_stale <file> <folder or file>...: true when the file is missing, or a source is newer; what builds leave behind is no source.
is_stale() {
  [[ -e $1 ]] || return 0
  [[ -n $(find "${@:2}" \( -name obj -o -name bin \) -prune -o -type f -newer "$1" -print -quit) ]]
}
