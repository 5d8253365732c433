/** The two ends of the protocol, typed: what vscode-jsonrpc leaves as strings and `any`. */
import type { CancellationToken, MessageConnection } from "vscode-jsonrpc/node";
import type { Method, Notifications, Questions, SourceRange } from "./protocol.ts";

export function ask<M extends Method>(
  connection: MessageConnection,
  method: M,
  params: Questions[M][0],
  cancellation?: CancellationToken,
): Promise<Questions[M][1]> {
  return connection.sendRequest(method, params, cancellation);
}

export function answer<M extends Method>(
  connection: MessageConnection,
  method: M,
  handler: (params: Questions[M][0]) => Questions[M][1] | Promise<Questions[M][1]>,
): void {
  connection.onRequest(method, (params: Questions[M][0]): unknown => handler(params));
}

export function notify<N extends keyof Notifications>(
  connection: MessageConnection,
  name: N,
  params: Notifications[N],
): void {
  void connection.sendNotification(name, params);
}

export function listen<N extends keyof Notifications>(
  connection: MessageConnection,
  name: N,
  handler: (params: Notifications[N]) => void,
): void {
  connection.onNotification(name, handler);
}

/** The file descriptor on which a process says what it is doing and why it is about to end, in lines of JSON. */
export const lastWordsDescriptor = 4;

/** What was said last of each. */
export interface LastWords {
  /** Why the process ended itself, where it did. */
  readonly code?: "time-limit" | "still-waiting" | "memory-limit" | "process-exited";
  /** What was being traced; undefined while the file was loading. */
  readonly function?: string;
  /** The innermost call or loop turn known. */
  readonly source?: SourceRange;
  /** With `process-exited`: what the program called. */
  readonly call?: string;
}
