/** The files from which the root of an image is packed. */
export interface Packed {
  /** Names in `/usr/bin`, or paths; copied into `/usr/bin`. */
  readonly programs: string;
  /** Folders, copied as they are. */
  readonly folders?: readonly string[];
  /** Shell text that runs in the new root, before libraries are looked for. */
  readonly change?: string;
}

/** A shell script that writes a root as tar: programs and folders of the system that it runs on, and the libraries they need. */
export const packScript = ({ programs, folders = [], change = '' }: Packed): string => `set -e
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
mkdir -p $t/usr/bin $t/etc $t/tmp $t/root $t/var $t/run
chmod 1777 $t/tmp
chmod 755 $t
ln -s usr/bin $t/bin
cd /usr/bin
for program in ${programs}; do cp -L $program $t/usr/bin/; done
for folder in ${folders.join(' ')}; do mkdir -p $t$(dirname $folder); cp -a $folder $t$(dirname $folder)/; done
cp /etc/passwd /etc/group $t/etc
cd $t
${change}
find $t/usr -type f \\( -perm /111 -o -name '*.so*' \\) | xargs -r ldd 2>/dev/null | grep -o '/[^ ]*lib[^ ]*\\.so[^ ]*' | sort -u | while read -r library; do
  case $library in *:|$t/*) continue;; esac
  mkdir -p $t$(dirname $library)
  cp -L $library $t$library
done
tar -c .`;
