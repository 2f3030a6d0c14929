"""Disks and volumes: formatting, partitioning, wiping and removing them."""

from __future__ import annotations

from sessions_app.safety.model import Reach
from sessions_app.safety.rules.base import Concern, named_targets
from sessions_app.safety.rules.conditions import (
    ALONE,
    ALWAYS,
    Condition,
    exact,
    flag,
    operands,
    raw,
    sub,
    word,
)
from sessions_app.safety.rules.invocation import grammar
from sessions_app.safety.text import listed

DISKS = Concern("disks", Reach.MACHINE)
DEVICES = named_targets("device", 0)
MAKERS = (
    "mkfs mke2fs mkfs.ext2 mkfs.ext3 mkfs.ext4 mkfs.xfs mkfs.btrfs mkfs.vfat mkfs.fat mkfs.ntfs "
    "mkfs.f2fs mkfs.minix mkfs.exfat mkfs.msdos mkfs.jfs mkfs.reiserfs mkfs.erofs mkfs.cramfs "
    "mkdosfs mkntfs mkswap newfs format mkudffs mkexfatfs mkreiserfs"
)
DISKS.dangerous(
    "format",
    MAKERS,
    ALWAYS,
    text="Makes a new file system: everything on the device is lost.",
    targets=DEVICES,
    safer="lsblk -f shows what is on it; format a file instead to try it out",
)
DISKS.dangerous(
    "wipe",
    "wipefs blkdiscard nwipe scrub hdparm sg_format badblocks",
    (
        flag("a all f force o offset w n z zero")
        | Condition(lambda call: call.program in {"blkdiscard", "nwipe", "scrub", "sg_format"})
        | raw("--security-erase* --trim-sector-ranges --yes-i-know*")
    )
    & ~exact("n no-act"),
    text="Erases a device.",
    targets=DEVICES,
)
DISKS.dangerous(
    "wipe",
    "nvme",
    sub("format|sanitize|write-zeroes|delete-ns|write"),
    targets=DEVICES,
    text="Erases a device.",
)
DISKS.harmless("wipefs hdparm badblocks nvme", ALWAYS)
DISKS.dangerous(
    "partition",
    "fdisk sfdisk cfdisk gdisk sgdisk cgdisk",
    operands(1)
    & (
        ~flag("l list d dump p print v verify i info V T")
        | (flag("d delete") & Condition(lambda call: call.program in {"sgdisk", "gdisk"}))
    ),
    text="Changes the partition table of a device.",
    targets=DEVICES,
    safer="sfdisk --dump keeps the table; change it in a file first",
)
DISKS.harmless("fdisk sfdisk cfdisk gdisk sgdisk", flag("l list d dump p print v V i") | ALONE)
DISKS.dangerous(
    "partition",
    "parted",
    word("mklabel mktable mkpart rm resizepart mkpartfs move set name rescue"),
    text="Changes the partition table of a device.",
    targets=DEVICES,
)
DISKS.harmless("parted partprobe kpartx", ALWAYS)
DISKS.dangerous(
    "volume",
    "lvremove vgremove pvremove lvreduce vgreduce pvmove lvresize lvconvert vgcfgrestore",
    ~exact("t test"),
    text="Removes or shrinks volumes.",
    targets=DEVICES,
)
DISKS.otherwise(
    "volume_changed",
    "lvcreate vgcreate pvcreate lvextend vgextend vgrename lvrename "
    "lvchange vgchange pvresize resize2fs xfs_growfs growpart",
    text="Changes volumes.",
)
DISKS.dangerous(
    "volume", "pvcreate", flag("f ff y force"), text="Overwrites a device.", targets=DEVICES
)
DISKS.tame.update(listed("lvs vgs pvs lvdisplay vgdisplay pvdisplay lvscan dumpe2fs"))
DISKS.dangerous(
    "pool",
    "zpool",
    sub("destroy|labelclear|remove|detach|offline|split|export|create"),
    text="Destroys or takes apart a storage pool.",
    targets=DEVICES,
)
DISKS.dangerous(
    "dataset",
    "zfs",
    sub("destroy|rollback|recv|receive|unload-key|rename|unmount|umount"),
    text="Destroys or rolls back a dataset with its snapshots.",
    targets=DEVICES,
    safer="zfs destroy -nv shows what would go",
)
DISKS.harmless("zfs", sub("destroy") & flag("n"))
DISKS.harmless("zpool zfs", sub("list|status|get|iostat|history|send|diff|mount|version") | ALONE)
DISKS.dangerous(
    "subvolume",
    "btrfs",
    sub("su*|s*", "d*") | sub("d*", "rem*|del*") | sub("check|rescue") & flag("repair"),
    text="Deletes parts of a file system.",
)
DISKS.harmless("btrfs", sub("*", "show|list|usage|df|stats|status|get*"))
DISKS.dangerous(
    "encryption",
    "cryptsetup",
    sub("luksErase|erase|luksFormat|luksKillSlot|luksRemoveKey|reencrypt|luksHeaderRestore"),
    text="Destroys an encrypted volume or its keys.",
    targets=DEVICES,
    safer="cryptsetup luksHeaderBackup keeps a way back",
)
DISKS.harmless("cryptsetup", sub("status|luksDump|isLuks|benchmark"))
DISKS.dangerous(
    "array",
    "mdadm",
    flag("zero-superblock stop S fail f remove r create C grow"),
    text="Takes an array apart.",
    targets=DEVICES,
)
DISKS.harmless("mdadm", flag("detail D examine E query Q scan s"))
DISKS.dangerous(
    "repair",
    "fsck fsck.ext4 e2fsck xfs_repair fsck.xfs debugfs tune2fs testdisk photorec dmsetup losetup",
    flag("y p a L f w") | sub("remove|remove_all|wipe_table") | flag("D"),
    text="Changes a file system or mapping below its files.",
)
DISKS.otherwise(
    "mounted",
    "mount umount swapoff swapon fusermount sshfs losetup dmsetup fsck "
    "e2fsck tune2fs mount.nfs mount.cifs udisksctl bindfs overlay",
    text="Changes what is mounted.",
)
DISKS.harmless("mount swapon losetup", ALONE | exact("l s show"))
DISKS.dangerous(
    "remounted",
    "mount",
    raw("*remount*rw* *,remount* remount,*") & word("/"),
    text="Makes the system's own file system writable.",
)
DISKS.dangerous(
    "macos",
    "diskutil hdiutil asr",
    word(
        "erase* eraseDisk eraseVolume partitionDisk "
        "zeroDisk secureErase reformat deleteVolume deleteContainer apfs restore"
    ),
    text="Erases a disk.",
)
DISKS.harmless("diskutil", sub("list|info|activity"))
DISKS.reads("dd", grammar())
DISKS.dangerous(
    "ceph",
    "ceph rbd rados gluster",
    sub("osd|fs|mds|pool|volume|image|snap", "rm|remove|delete|purge|destroy|out|down")
    | sub("rm|remove|rmpool|purge"),
    text="Deletes storage of the cluster.",
)
DISKS.harmless("ceph rbd rados gluster", sub("status|-s|ls|health|df|info|osd|volume|list"))
DISKS.dangerous(
    "backup_deleted",
    "restic borg duplicity kopia rclone tarsnap",
    (
        sub("forget|prune|delete|remove|purge|delete*|sync|cleanup|nuke|purge|remove-*")
        | sub("snapshot", "delete|expire")
    )
    & ~exact("dry-run n"),
    text="Deletes or overwrites backups or remote files.",
)
DISKS.otherwise(
    "backup",
    "restic borg duplicity kopia rclone tarsnap",
    text="Copies data to or from another place.",
)
DISKS.harmless("restic borg rclone kopia", sub("snapshots|list|ls|lsd|lsl|info|check|size|version"))
