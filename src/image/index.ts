// SPDX-License-Identifier: Apache-2.0

/**
 * image: makes the stateless image that machines boot, kernel and initrd, of Debian packages and muster itself.
 *
 *   sources of apt → mmdebstrap → own files laid in → trimmed → packed → image.json beside kernel and initrd
 *
 * Everything of a machine is in its memory, so nothing that tells machines apart may be in an image: no machine ID, no
 * key of a host, no password. Who serves an image and who boots it is not its concern.
 */
export { type BuildDeps, type BuildOptions, buildImage, type Mode } from './build-image.js';
export { imageErrors } from './errors.js';
export { checkImageName, findImage, getImage, listImages, removeImage } from './image-folder.js';
export type { Image, ImageManifest } from './manifest.js';
export type { ImageFile } from './own-files.js';
