// SPDX-License-Identifier: Apache-2.0

const names = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
] as const;

/** A gRPC status as Go prints it, since some of etcd's texts hold it. */
export function statusNameOf(status: number): string {
  return names[status] ?? `Code(${status})`;
}
