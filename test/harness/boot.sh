# Process 1 of a test engine's namespaces: lays out the mounts, says "ready", and holds the namespaces
# until its standard input closes. Its end kills every process inside, and the mounts go with them.
# usage: boot.sh DIR [ROOTFS]
# DIR has the same path inside. ROOTFS becomes / where it is given; otherwise / stays, write-protected.
set -eu
dir=$1
rootfs=${2-}
root=

overlay() { # LOWER NAME TARGET: LOWER, seen at TARGET, with changes going to DIR/NAME
  mkdir -p "$dir/$2/upper" "$dir/$2/work"
  mount -t overlay overlay -o "lowerdir=$1,upperdir=$dir/$2/upper,workdir=$dir/$2/work" "$3"
}

mount --bind "$dir" "$dir"
mkdir "$dir/cgroup"
mount --rbind /sys/fs/cgroup "$dir/cgroup"
if [ -n "$rootfs" ]; then
  root=$dir/root
  mkdir "$root"
  overlay "$rootfs" changes "$root"
  mkdir -p "$root$dir"
  mount --bind "$dir" "$root$dir"
  mount --rbind /dev "$root/dev"
else
  overlay /etc etc /etc
  overlay /var var /var
fi
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount --rbind "$dir/cgroup" "$root/sys/fs/cgroup"
umount -l "$dir/cgroup"
mount -t tmpfs tmpfs "$root/run"
if [ -n "$rootfs" ]; then
  cd "$root"
  mkdir .old
  pivot_root . .old
  umount -l /.old
else
  mount -o remount,bind,ro /
fi
ip link set lo up
echo ready
# The shell waits for cat and meanwhile reaps whatever is orphaned here; it must not exec it.
cat >/dev/null
exit 0
