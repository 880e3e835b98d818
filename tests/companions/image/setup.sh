#!/bin/sh
# What building and running the image needs: buildah, runc and debootstrap from Debian, and two base images of Debian,
# made here as no registry is asked. Where that cannot be had, this says why, and the image's tests skip.
set -eu
cd "$(dirname "$0")/../../.."
here="$PWD/.venv-companions/image"
suite=trixie

give_up() {
    echo "image: $1; the image's tests will skip"
    exit 0
}

if [ -e "$here/ready" ]; then
    echo "image: buildah and its base images are in $here"
    exit 0
fi
[ "$(id -u)" = 0 ] || give_up "needs root"
if ! command -v buildah >/dev/null || ! command -v runc >/dev/null || ! command -v debootstrap >/dev/null; then
    command -v apt-get >/dev/null || give_up "needs apt-get, or buildah, runc and debootstrap installed"
    apt-get update -qq || give_up "apt-get update failed"
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends buildah runc debootstrap uidmap \
        >/dev/null || give_up "apt-get could not install buildah, runc and debootstrap"
fi
mkdir -p "$here"
echo '*' > .venv-companions/.gitignore
cat > "$here/containers.conf" <<'CONF'
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
CONF
CONTAINERS_CONF="$here/containers.conf"
export CONTAINERS_CONF
buildah() {
    command buildah --root "$here/store" --runroot "$here/run" --storage-driver "$driver" "$@"
}
driver=overlay
buildah images >/dev/null 2>&1 || driver=vfs
echo "$driver" > "$here/driver"

rm -rf "$here/base"
debootstrap --variant=minbase --include=python3,ca-certificates,tzdata "$suite" "$here/base" > "$here/debootstrap.log" 2>&1 \
    || give_up "debootstrap failed, see $here/debootstrap.log"
rm -rf "$here/base/var/cache/apt" "$here/base/var/lib/apt/lists" "$here/base/usr/share/doc" "$here/base/usr/share/man"
container="$(buildah from scratch)"
buildah add --quiet "$container" "$here/base" / >/dev/null
buildah commit --quiet "$container" job-hunter-base >/dev/null
rm -rf "$here/base"
buildah run --isolation chroot --network host "$container" -- sh -c \
    'mkdir -p /var/cache/apt/archives/partial /var/lib/apt/lists/partial && apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv' > "$here/build-base.log" 2>&1 \
    || give_up "python3-venv could not be installed into the base, see $here/build-base.log"
buildah commit --quiet "$container" job-hunter-build-base >/dev/null
buildah rm "$container" >/dev/null
touch "$here/ready"
echo "image: buildah and its base images are in $here"
