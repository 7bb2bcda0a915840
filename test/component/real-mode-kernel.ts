// SPDX-License-Identifier: Apache-2.0

/** Exit code of QEMU when the kernel below has run: its debug port makes `(16 << 1) | 1` of what is written there. */
export const ranExitCode = 33;

/**
 * The smallest Linux kernel image that BIOS firmware takes: its code writes the command line that it was given to the
 * first serial port and powers off through QEMU's `isa-debug-exit` at 0x501. Boots in a moment, where a real kernel takes
 * seconds, and proves as much of the firmware's part.
 *
 * @param sizeBytes of the whole file, 2,048 or more
 *
 * Source of the header: torvalds/linux Documentation/arch/x86/boot.rst, protocol 2.06
 */
export function makeRealModeKernel(sizeBytes: number): Buffer {
  const image = Buffer.alloc(sizeBytes, 0x90);
  image.fill(0, 0, 1024);
  image[0x1f1] = 1;
  image.writeUInt32LE(Math.ceil((sizeBytes - 1024) / 16), 0x1f4);
  image.writeUInt16LE(0xaa55, 0x1fe);
  // Over the rest of the header, to the code behind it.
  image.set([0xeb, 0x66], 0x200);
  image.write('HdrS', 0x202, 'latin1');
  image.writeUInt16LE(0x0206, 0x206);
  image[0x211] = 1;
  image.writeUInt32LE(0x100000, 0x214);
  image.writeUInt32LE(0x37ffffff, 0x22c);
  image.writeUInt32LE(2047, 0x238);
  image.set(code, 0x268);
  return image;
}

const code = [
  [0x8c, 0xc8], // mov ax, cs
  [0x2d, 0x20, 0x00], // sub ax, 0x20: where the header is
  [0x8e, 0xd8], // mov ds, ax
  [0x66, 0xa1, 0x28, 0x02], // mov eax, [cmd_line_ptr]
  [0x89, 0xc6], // mov si, ax
  [0x83, 0xe6, 0x0f], // and si, 15
  [0x66, 0xc1, 0xe8, 0x04], // shr eax, 4
  [0x8e, 0xd8], // mov ds, ax
  [0xba, 0xf8, 0x03], // mov dx, 0x3f8
  [0xac], // next: lodsb
  [0x84, 0xc0], // test al, al
  [0x74, 0x03], // jz done
  [0xee], // out dx, al
  [0xeb, 0xf8], // jmp next
  [0xb0, 0x0a], // done: mov al, line end
  [0xee], // out dx, al
  [0xba, 0x01, 0x05], // mov dx, 0x501
  [0xb0, 0x10], // mov al, 16
  [0xee], // out dx, al
  [0xf4], // hlt
  [0xeb, 0xfd], // jmp to it
].flat();
