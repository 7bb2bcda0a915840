// SPDX-License-Identifier: Apache-2.0

import type {
  ServerReflectionRequest,
  ServerReflectionResponse,
} from '../gen/grpc/reflection/v1/reflection.js';
import type { Method } from '../grpc/method.js';
import { grpcSpecs } from '../methods-grpc.js';
import type { FileSchema, ProtoSchema } from '../schema/schema.js';
import { streaming } from './handlers.js';

type Answer = NonNullable<ServerReflectionResponse['messageResponse']>;

/** gRPC server reflection, v1 and v1alpha, so that stock tools find the methods by themselves. */
export function reflectionMethods(schema: () => Promise<ProtoSchema>): readonly Method[] {
  async function* answers(
    requests: AsyncIterable<ServerReflectionRequest>,
  ): AsyncGenerator<ServerReflectionResponse> {
    const { files } = await schema();
    for await (const request of requests) {
      yield { validHost: request.host, originalRequest: request, messageResponse: answerOf(files, request) };
    }
  }
  return [streaming(grpcSpecs.reflection, answers), streaming(grpcSpecs.reflectionAlpha, answers)];
}

function answerOf(files: readonly FileSchema[], { messageRequest }: ServerReflectionRequest): Answer {
  switch (messageRequest?.$case) {
    case 'listServices':
      return listServices(files);
    case 'fileByFilename':
      return fileAnswer(
        files,
        files.find(({ name }) => name === messageRequest.value),
        messageRequest.value,
      );
    case 'fileContainingSymbol': {
      const symbol = messageRequest.value.replace(/^\./, '');
      return fileAnswer(
        files,
        files.find(({ symbols }) => symbols.has(symbol)),
        symbol,
      );
    }
    case 'fileContainingExtension':
      return notFound(messageRequest.value.containingType);
    case 'allExtensionNumbersOfType':
      return notFound(messageRequest.value);
    case undefined:
      // gRPC's INVALID_ARGUMENT.
      return { $case: 'errorResponse', value: { errorCode: 3, errorMessage: 'invalid MessageRequest' } };
  }
}

function listServices(files: readonly FileSchema[]): Answer {
  const names = files.flatMap(({ services }) => services).sort();
  return { $case: 'listServicesResponse', value: { service: names.map((name) => ({ name })) } };
}

/** The file and all it imports, itself first. */
function fileAnswer(files: readonly FileSchema[], file: FileSchema | undefined, asked: string): Answer {
  if (file === undefined) return notFound(asked);
  const found = new Set([file]);
  // A set that grows while it is walked is walked to its end.
  for (const one of found) {
    for (const imported of files) if (one.imports.includes(imported.name)) found.add(imported);
  }
  return {
    $case: 'fileDescriptorResponse',
    value: { fileDescriptorProto: [...found].map(({ bytes }) => bytes) },
  };
}

function notFound(asked: string): Answer {
  return { $case: 'errorResponse', value: { errorCode: 5, errorMessage: `not found: ${asked}` } };
}
