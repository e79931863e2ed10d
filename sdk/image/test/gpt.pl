#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# usage: gpt.pl DISK
# Reads a GUID partition table with nothing of ours: both copies, their checksums and places, the protective record.
# Prints "index first last type attributes name" for each partition; exit status 1 with a line on stderr if it is wrong.
use strict;
use warnings;

sub crc32 {
    my $crc = 0xffffffff;
    for my $byte (unpack 'C*', shift) {
        $crc ^= $byte;
        $crc = ($crc & 1) ? ($crc >> 1) ^ 0xedb88320 : $crc >> 1 for 1 .. 8;
    }
    return $crc ^ 0xffffffff;
}

sub guid {
    my ($a, $b, $c, $d, $e) = unpack 'V v v n H12', shift;
    return sprintf '%08X-%04X-%04X-%04X-%s', $a, $b, $c, $d, uc $e;
}

my $file = shift or die "usage: gpt.pl DISK\n";
open my $disk, '<:raw', $file or die "$file: $!\n";
my $size = -s $disk;
die "$file: no whole sectors\n" if $size % 512;
my $last = $size / 512 - 1;

sub sectors {
    my ($first, $count) = @_;
    seek $disk, $first * 512, 0;
    read($disk, my $bytes, $count * 512) == $count * 512 or die "$file: cannot read sector $first\n";
    return $bytes;
}

sub copy {
    my ($own, $other) = @_;
    my $header = sectors($own, 1);
    my ($magic, $revision, $bytes, $crc, undef, $at, $alternate, $first, $end, $id, $table, $count, $each, $sum) =
        unpack 'a8 V V V V Q< Q< Q< Q< a16 Q< V V V', $header;
    die "$file: sector $own: no signature\n" unless $magic eq 'EFI PART';
    die "$file: sector $own: revision or size\n" unless $revision == 0x10000 && $bytes == 92;
    my $blank = substr($header, 0, 92);
    substr($blank, 16, 4) = "\0\0\0\0";
    die "$file: sector $own: checksum of the header\n" unless crc32($blank) == $crc;
    die "$file: sector $own: places $at, $alternate\n" unless $at == $own && $alternate == $other;
    die "$file: sector $own: usable sectors\n" unless $first == 34 && $end == $last - 33;
    die "$file: sector $own: size of the table\n" unless $count == 128 && $each == 128;
    my $entries = sectors($table, 32);
    die "$file: sector $own: checksum of the table\n" unless crc32($entries) == $sum;
    return ($id, $entries);
}

my $mbr = sectors(0, 1);
die "$file: no protective record\n" unless substr($mbr, 510) eq "\x55\xaa" && ord(substr $mbr, 450, 1) == 0xee;
my ($id, $entries) = copy(1, $last);
my ($id2, $entries2) = copy($last, 1);
die "$file: the copies differ\n" unless $id eq $id2 && $entries eq $entries2;
my %seen;
for my $i (0 .. 127) {
    my ($type, $own, $from, $to, $attributes, $name) = unpack 'a16 a16 Q< Q< Q< a72', substr $entries, $i * 128, 128;
    next if $type eq "\0" x 16;
    die "$file: partition id used twice\n" if $seen{$own}++;
    $name = join '', map { $_ ? chr $_ : '' } unpack 'v*', $name;
    printf "%d %d %d %s %d %s\n", $i + 1, $from, $to, guid($type), $attributes, $name;
}
