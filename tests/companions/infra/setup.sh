#!/bin/sh
# What checks the infrastructure without a cluster: kubernetes-validate, checkov, a reader of HCL, and the schemas of the
# two major versions of Terraform's Kubernetes provider, from the packages that describe it to other languages; and the
# types that Grafana publishes of its dashboards. Each in .venv-companions. Terraform itself is not installed here: without it on PATH its tests skip.
set -eu
cd "$(dirname "$0")/../../.."
here="$PWD/.venv-companions/infra"
checkov="$PWD/.venv-companions/checkov"
grafana="$PWD/.venv-companions/grafana"
python="${PYTHON:-python3}"
mkdir -p .venv-companions
echo '*' > .venv-companions/.gitignore

if [ ! -e "$here/ready" ]; then
    "$python" -m venv --clear "$here"
    "$here/bin/pip" install --quiet --disable-pip-version-check 'tf==1.2.0' 'python-hcl2==8.1.4' \
        'kubernetes-validate==1.37.0' 'pyyaml>=6'
    for package in cdktn-provider-kubernetes==17.1.0 cdktf-cdktf-provider-kubernetes==12.1.1; do
        "$here/bin/pip" download --quiet --disable-pip-version-check --no-deps --dest "$here/packages" "$package"
    done
    "$here/bin/python" tests/companions/infra/provider_schema.py "$here/schemas" "$here"/packages/*
    rm -rf "$here/packages"
    touch "$here/ready"
fi
if [ ! -e "$checkov/ready" ]; then
    "$python" -m venv --clear "$checkov"
    "$checkov/bin/pip" install --quiet --disable-pip-version-check 'checkov==3.3.30'
    touch "$checkov/ready"
fi
if [ ! -e "$grafana/ready" ]; then
    "$python" -m venv --clear "$grafana"
    "$grafana/bin/pip" install --quiet --disable-pip-version-check 'grafana-foundation-sdk==1769699379!11.6.0'
    touch "$grafana/ready"
fi
echo "infra: what checks manifests and Terraform is in $here and $checkov"
command -v terraform >/dev/null || echo "infra: no terraform on PATH, so its tests will skip"
