# Sourced by bin/run, bin/test and bin/manage: a Python, a virtual environment, the exact pins. Once a set of pins.
set -eu
cd "$(dirname "$0")/.."

find_python() {
    for candidate in "${PYTHON:-}" python3.13 python3.12 python3.11 python3; do
        [ -n "$candidate" ] || continue
        if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    echo "Not started: Python 3.11, 3.12 or 3.13 with venv is needed (on Debian: apt-get install python3 python3-venv)." >&2
    return 1
}

# install NAME FILE...: bring the environment to the pins of these files.
install() {
    stamp=".venv/.$1-$(cat "${@:2}" | cksum | tr ' ' '-')"
    [ -e "$stamp" ] && return
    python=$(find_python)
    if [ ! -e .venv/.made ]; then
        rm -rf .venv
        echo "Making the Python environment in .venv (once)"
        "$python" -m venv .venv || { echo "Not started: the Python environment could not be made; is the disk full?" >&2; return 1; }
        touch .venv/.made
    fi
    echo "Installing what $1 needs (once)"
    requirements=()
    for file in "${@:2}"; do requirements+=(-r "$file"); done
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: "${requirements[@]}" ||
        { echo "Not started: installing failed; pip's reason stands above. Start again when it is mended." >&2; return 1; }
    touch "$stamp"
}
