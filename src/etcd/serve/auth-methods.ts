// SPDX-License-Identifier: Apache-2.0

import type { Auth, Need } from '../auth.js';
import { fail } from '../errors.js';
import type { ResponseHeader } from '../gen/etcdserverpb/header.js';
import type { Method } from '../grpc/method.js';
import type { MethodSpec } from '../methods.js';
import { authSpecs } from '../methods-auth.js';
import { decodeRange } from '../wire/key-value.js';
import { decodePermission, encodePermission } from '../wire/permission.js';
import { unary } from './handlers.js';
import { currentRevision, headerOf } from './header.js';
import { adminNeeds } from './needs.js';
import type { ServedParts } from './parts.js';

interface Headed {
  readonly header: ResponseHeader | undefined;
}

/** Service etcdserverpb.Auth. */
export function authMethods({ kv, identity, guard }: ServedParts, auth: Auth): readonly Method[] {
  const admin = () => adminNeeds;
  const header = async () => headerOf(identity, await currentRevision(kv));
  function row<Req, Res>(
    spec: MethodSpec<Req, Res>,
    needs: (request: Req) => readonly Need[],
    run: (request: Req) => Promise<Res>,
  ): Method {
    return unary(spec, (request, call) => {
      guard.check(call, needs(request));
      return run(request);
    });
  }
  /** For the admin, with nothing to tell. */
  function order<Req>(spec: MethodSpec<Req, Headed>, run: (request: Req) => Promise<void>): Method {
    return row(spec, admin, async (request) => {
      await run(request);
      return { header: await header() };
    });
  }
  return [
    order(authSpecs.enable, () => auth.enable()),
    order(authSpecs.disable, () => auth.disable()),
    row(authSpecs.status, admin, async () => {
      const { isEnabled, revision } = auth.status();
      return { header: await header(), enabled: isEnabled, authRevision: revision };
    }),
    unary(authSpecs.authenticate, async ({ name, password }) => {
      const token = await auth.authenticate(name, password);
      return { header: await header(), token };
    }),
    // As in etcd a `hashedPassword` is what members tell each other: from a client it counts for nothing.
    order(authSpecs.userAdd, ({ name, password, options }) =>
      auth.userAdd({ name, password, hasPassword: options?.noPassword !== true }),
    ),
    row(
      authSpecs.userGet,
      ({ name }) => [{ kind: 'user', name }],
      async ({ name }) => ({ header: await header(), roles: await auth.userGet(name) }),
    ),
    row(authSpecs.userList, admin, async () => ({ header: await header(), users: await auth.userList() })),
    order(authSpecs.userDelete, ({ name }) => auth.userDelete(name)),
    order(authSpecs.userChangePassword, ({ name, password }) => auth.userChangePassword(name, password)),
    order(authSpecs.userGrantRole, ({ user, role }) => auth.userGrantRole(user, role)),
    order(authSpecs.userRevokeRole, ({ name, role }) => auth.userRevokeRole(name, role)),
    order(authSpecs.roleAdd, ({ name }) => auth.roleAdd(name)),
    row(
      authSpecs.roleGet,
      ({ role }) => [{ kind: 'role', name: role }],
      async ({ role }) => ({
        header: await header(),
        perm: (await auth.roleGet(role)).map(encodePermission),
      }),
    ),
    row(authSpecs.roleList, admin, async () => ({ header: await header(), roles: await auth.roleList() })),
    order(authSpecs.roleDelete, ({ role }) => auth.roleDelete(role)),
    order(authSpecs.roleGrantPermission, ({ name, perm }) => {
      if (perm === undefined) throw fail('etcd/permission-not-given');
      return auth.roleGrantPermission(name, decodePermission(perm));
    }),
    order(authSpecs.roleRevokePermission, (wire) => auth.roleRevokePermission(wire.role, decodeRange(wire))),
  ];
}
