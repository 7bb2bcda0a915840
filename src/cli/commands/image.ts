// SPDX-License-Identifier: Apache-2.0

import { type Command, type CommandGroup, outputFlag } from '../command.js';

const build: Command = {
  name: 'build',
  summary: 'make an image of Debian packages and muster',
  description: [
    'Makes the kernel and the initrd that machines boot over the network and run from memory: systemd, etcd, openssh, Node.js',
    'and muster, of packages from this computer’s Debian mirror. Takes a few minutes and needs mmdebstrap, cpio and zstd, as',
    'root or with user namespaces. The cluster file names it: `image: default`. Where images are: MUSTER_IMAGES, else',
    '/var/lib/muster/images for root.',
  ].join('\n'),
  args: [{ name: '[name]', description: 'what to call it; "default" when left out' }],
  flags: [
    { name: '--suite <name>', description: 'release of Debian', default: 'trixie' },
    {
      name: '--kernel <package>',
      description: 'package of the kernel; linux-image-amd64 has drivers for more hardware',
      default: 'linux-image-cloud-amd64',
    },
    { name: '--package <names>', description: 'more packages, with commas between' },
    {
      name: '--mode <mode>',
      description: 'how mmdebstrap comes to its rights',
      choices: ['auto', 'root', 'unshare', 'fakechroot'],
      default: 'auto',
    },
    { name: '--level <number>', description: 'how hard to compress, 1 to 19', default: '19' },
    outputFlag,
  ],
  examples: [
    ['muster image build', 'the image "default"'],
    ['muster image build metal --kernel linux-image-amd64', 'with drivers for servers and PCs'],
    ['SOURCE_DATE_EPOCH=1700000000 muster image build', 'with this date on every file'],
  ],
  run: async (input) => (await import('../app.js')).runImageBuild(input),
};

const list: Command = {
  name: 'list',
  summary: 'show the images on this computer',
  description: 'Name, release, kernel, sizes and date of each image. Exit code 1 when one is damaged.',
  args: [],
  flags: [outputFlag],
  examples: [['muster image list -o json', 'with checksums']],
  run: async (input) => (await import('../app.js')).runImageList(input),
};

const show: Command = {
  name: 'show',
  summary: 'show what an image is made of',
  description: 'Its checksums, kernel arguments, and every Debian package with its version.',
  args: [{ name: '<name>', description: 'of the image' }],
  flags: [outputFlag],
  examples: [['muster image show default', 'the list of packages']],
  run: async (input) => (await import('../app.js')).runImageShow(input),
};

const rm: Command = {
  name: 'rm',
  summary: 'remove an image',
  description: 'Removes an image from this computer. Machines that run it go on; none can boot it any more.',
  args: [{ name: '<name>', description: 'of the image' }],
  flags: [],
  examples: [['muster image rm old', 'forget it']],
  run: async (input) => (await import('../app.js')).runImageRm(input),
};

export const image: CommandGroup = {
  name: 'image',
  summary: 'make and keep the images that machines boot',
  description: 'Looks after the images on this computer that machines boot over the network.',
  commands: [build, list, show, rm],
};
