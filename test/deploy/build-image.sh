#!/usr/bin/env bash
# Builds the image of deploy/Dockerfile and runs it, on a Debian without a Docker daemon: as root, with buildah, debootstrap
# and iproute2. The base image is made here, of Debian and npm's copy of Node, and tagged as the one that the Dockerfile names.
#   test/deploy/build-image.sh [FOLDER]    FOLDER keeps the images from one time to the next; default: a new one
# The container runs as Docker would run it with compose.yaml: user 10001, no capabilities, a read-only root, /tmp in
# memory, a network of its own, and the server as process 1. Then try-image.mjs is its client.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(realpath -m "${1:-$(mktemp -d)}")
mkdir -p "$work"
image=course-serve:0.1.0
version=$(sed -n 's/^ARG NODE_VERSION=//p' deploy/Dockerfile)
base=docker.io/library/node:$version-bookworm-slim
buildah=(buildah --storage-driver "${STORAGE_DRIVER:-overlay}" --root "$work/storage" --runroot "$work/run")

make_base() {
  case $(uname -m) in x86_64) arch=x64 ;; aarch64) arch=arm64 ;; *) echo "no Node for $(uname -m)" >&2 && exit 1 ;; esac
  [ -d "$work/debian/etc" ] || debootstrap --variant=minbase bookworm "$work/debian" >"$work/debootstrap.log"
  mkdir -p "$work/node" && (cd "$work/node" && npm pack --silent "node-linux-$arch@$version" npm@11 && for file in *.tgz; do
    mkdir -p "${file%.tgz}" && tar -xzf "$file" -C "${file%.tgz}" --strip-components=1
  done)
  local container root
  container=$("${buildah[@]}" from scratch)
  root=$("${buildah[@]}" mount "$container")
  cp -a "$work/debian/." "$root/"
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
  install -D "$work/node/node-linux-$arch-$version/bin/node" "$root/usr/local/bin/node"
  mkdir -p "$root/usr/local/lib/node_modules"
  cp -a "$work"/node/npm-*/ "$root/usr/local/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
  "${buildah[@]}" umount "$container" >/dev/null
  "${buildah[@]}" config --env PATH=/usr/local/bin:/usr/bin:/bin "$container"
  "${buildah[@]}" commit --quiet --rm "$container" "$base" >/dev/null
}

megabytes() { du -sm --apparent-size "$1" | cut -f1; }

"${buildah[@]}" inspect --type image "$base" >/dev/null 2>&1 || make_base

# npm's settings and certificates of this machine, during the build alone.
mounts=(-v /etc/ssl/certs:/etc/ssl/certs:ro)
for folder in /usr/share/ca-certificates /usr/local/share/ca-certificates; do
  [ -d "$folder" ] && mounts+=(-v "$folder:$folder:ro")
done
settings=$(npm config get globalconfig 2>/dev/null)
[ -f "$settings" ] && mounts+=(-v "$settings:/usr/local/etc/npmrc:ro")
"${buildah[@]}" bud --isolation chroot --pull-never --layers --format docker "${mounts[@]}" \
  -f deploy/Dockerfile -t "$image" . >"$work/build.log" 2>&1 || { tail -30 "$work/build.log" && exit 1; }

outer='' container='' plain=''
# shellcheck disable=SC2317,SC2329 # called at the end, however it comes
cleanup() {
  [ -z "$outer" ] || kill -KILL "$outer" 2>/dev/null || true
  for each in $container $plain; do "${buildah[@]}" rm "$each" >/dev/null; done
}
trap cleanup EXIT
container=$("${buildah[@]}" from --pull-never "$image")
root=$("${buildah[@]}" mount "$container")
"${buildah[@]}" inspect --type image "$image" >"$work/image.json"
plain=$("${buildah[@]}" from --pull-never "$base")
echo "image: $(megabytes "$root") MB, of which the base $(megabytes "$("${buildah[@]}" mount "$plain")") MB," \
  "packages $(megabytes "$root/app/node_modules") MB, the model $(megabytes "$root/models") MB"
echo "compressed, without the base: $(tar -C "$root" -cz app models | wc -c | awk '{ printf "%d MB", $1 / 1e6 }')"

mkdir -p "$work/view"
token=$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')
of_image() { node -p "require('$work/image.json').Docker.config.$1.join('\n')"; }
mapfile -t environment < <(of_image Env)
mapfile -t entrypoint < <(of_image Entrypoint)
# Before a command: it runs in the container, as process 1 there.
# shellcheck disable=SC2016 # for the inner shell
contained=(unshare --mount --net --uts --ipc --pid --fork --kill-child sh -euc '
  root=$1 view=$2 token=$3
  shift 3
  ip link set lo up
  mount --bind "$root" "$view" && mount -o remount,bind,ro "$view"
  mount -t proc proc "$view/proc"
  mount -t tmpfs -o size=64m,mode=1777,noexec,nosuid,nodev tmpfs "$view/tmp"
  mount -t tmpfs -o size=1m,mode=755 tmpfs "$view/run"
  mkdir "$view/run/secrets" && echo "$token" >"$view/run/secrets/token"
  mount -t tmpfs -o size=1m,mode=755 tmpfs "$view/dev"
  for name in null zero random urandom; do touch "$view/dev/$name" && mount --bind "/dev/$name" "$view/dev/$name"; done
  exec chroot "$view" setpriv --reuid=10001 --regid=10001 --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all \
    env -i -C /app COURSE_TOKEN_FILE=/run/secrets/token "$@"
' contained "$root" "$work/view" "$token" "${environment[@]}")

"${contained[@]}" node -e '
  const { writeFileSync } = require("node:fs");
  const codes = ["/app/x", "/models/x", "/etc/x", "/tmp/x"].map((file) => {
    try { writeFileSync(file, ""); return "written"; } catch (error) { return error.code; }
  });
  console.log("inside: user", process.getuid(), "as process", process.pid, "writes /app, /models, /etc, /tmp:", codes.join(" "));
  process.exitCode = codes.join() === "EROFS,EROFS,EROFS,written" ? 0 : 1;
'

"${contained[@]}" "${entrypoint[@]}" >"$work/server.log" 2>&1 &
outer=$!
until server=$(pgrep -P "$outer"); do sleep 0.05; done
TOKEN=$token IMAGE=$work/image.json nsenter --net="/proc/$server/ns/net" node test/deploy/try-image.mjs "$server"
code=0
wait "$outer" || code=$?
outer=''
echo "exit code $code"
[ "$code" = 0 ] || { tail -20 "$work/server.log" && exit 1; }
