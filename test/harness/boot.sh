# Process 1 of a test engine's namespaces: lays out the mounts, says "ready", and holds the namespaces
# until its standard input closes. Its end kills every process inside, and the mounts go with them.
# usage: boot.sh DIR [ROOTFS]   DIR is visible under the same path inside; ROOTFS, if given, becomes /
set -eu
dir=$1
rootfs=${2-}
root=

mkdir -p "$dir/cgroup"
mount --rbind /sys/fs/cgroup "$dir/cgroup"
if [ -n "$rootfs" ]; then
  root=$dir/root
  mkdir -p "$dir/upper" "$dir/work" "$root"
  mount -t overlay overlay -o "lowerdir=$rootfs,upperdir=$dir/upper,workdir=$dir/work" "$root"
  mkdir -p "$root$dir"
  mount --bind "$dir" "$root$dir"
  mount --rbind /dev "$root/dev"
fi
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount --rbind "$dir/cgroup" "$root/sys/fs/cgroup"
mount -t tmpfs tmpfs "$root/run"
mkdir -p "$root/etc/docker"
mount -t tmpfs tmpfs "$root/etc/docker"
if [ -n "$rootfs" ]; then
  cd "$root"
  mkdir -p .old
  pivot_root . .old
  umount -l /.old
else
  umount -l "$dir/cgroup"
fi
ip link set lo up
echo ready
# The shell waits for cat and meanwhile reaps whatever is orphaned here; it must not exec it.
cat >/dev/null
exit 0
