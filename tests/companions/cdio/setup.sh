#!/bin/sh
# Install changedetection.io into a virtual environment of its own: .venv-companions/cdio in the project's folder.
# Its dependencies contradict ours, and the companion tests talk to it over HTTP only.
set -eu
cd "$(dirname "$0")/../../.."
target=.venv-companions/cdio
if [ -x "$target/bin/changedetection.io" ]; then
    echo "changedetection.io is installed in $target"
    exit 0
fi
mkdir -p .venv-companions
echo '*' > .venv-companions/.gitignore
"${PYTHON:-python3}" -m venv --clear "$target"
"$target/bin/pip" install --quiet --disable-pip-version-check 'changedetection.io==0.60.10'
echo "changedetection.io is installed in $target"
