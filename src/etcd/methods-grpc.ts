// SPDX-License-Identifier: Apache-2.0

import { HealthCheckRequest, HealthCheckResponse } from './gen/grpc/health/v1/health.js';
import { ServerReflectionRequest, ServerReflectionResponse } from './gen/grpc/reflection/v1/reflection.js';
import type { MethodSpec } from './methods.js';

/** The services that gRPC itself knows. The two versions of reflection differ in their names only. */
export const grpcSpecs = {
  healthCheck: healthMethod('Check'),
  healthWatch: healthMethod('Watch'),
  reflection: reflectionMethod('v1'),
  reflectionAlpha: reflectionMethod('v1alpha'),
} as const;

function healthMethod(name: string): MethodSpec<HealthCheckRequest, HealthCheckResponse> {
  return {
    path: `/grpc.health.v1.Health/${name}`,
    request: HealthCheckRequest,
    response: HealthCheckResponse,
  };
}

function reflectionMethod(version: string): MethodSpec<ServerReflectionRequest, ServerReflectionResponse> {
  return {
    path: `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
    request: ServerReflectionRequest,
    response: ServerReflectionResponse,
  };
}
