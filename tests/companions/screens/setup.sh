#!/bin/sh
# Install Chromium and a font with block characters, where apt-get can; else the tests of this folder skip by name.
set -eu
if command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1; then
    echo "chromium is installed"
    exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "chromium is missing and cannot be installed here (not root, or no apt-get): its tests will be skipped"
    exit 0
fi
if apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null; then
    echo "chromium is installed"
else
    echo "chromium could not be installed: its tests will be skipped"
fi
