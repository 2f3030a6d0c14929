/** RFC 9457 problem details as the API sends them. */
export interface Problem {
  status: number;
  title: string;
  detail?: string;
  code?: string;
  errors?: { pointer: string; detail: string }[];
}

/** A refused or failed request, carrying the words the server gave. */
export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail || problem.title);
    this.name = 'ProblemError';
  }
}

/** Reads the problem out of a failed response, and still says something useful when it holds none. */
export async function problemOf(response: Response): Promise<Problem> {
  const fallback: Problem = {
    status: response.status,
    title: response.statusText || `The server answered ${response.status}`,
  };
  if (!/json/.test(response.headers.get('content-type') ?? '')) return fallback;
  try {
    const body = (await response.json()) as Partial<Problem>;
    return { ...fallback, ...body, status: response.status };
  } catch {
    return fallback;
  }
}

/** A random key for Idempotency-Key; works on plain http too, where randomUUID does not exist. */
export function idempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function csrfToken(): string {
  return document.querySelector<HTMLMetaElement>('meta[name=csrf-token]')?.content ?? '';
}

async function request<T>(path: string, init: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: 'same-origin', ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ProblemError({
      status: 0,
      title: 'The server cannot be reached',
      detail: 'Nothing was sent. Check the connection and try again.',
    });
  }
  if (!response.ok) throw new ProblemError(await problemOf(response));
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** GET under /api/v1. */
export function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return request<T>(`/api/v1${path}`, {
    headers: { Accept: 'application/json' },
    ...(signal ? { signal } : {}),
  });
}

/** Uploads one file as it is; its size is bounded by the server, which says so. */
export function upload<T>(path: string, file: Blob, signal?: AbortSignal): Promise<T> {
  return request<T>(`/api/v1${path}`, {
    method: 'POST',
    headers: { Accept: 'application/json', 'Content-Type': 'application/octet-stream', 'X-CSRFToken': csrfToken() },
    body: file,
    ...(signal ? { signal } : {}),
  });
}

/** A verb: POST (or another method) under /api/v1, safe to repeat with the same key. */
export function send<T>(
  path: string,
  body: unknown = {},
  options: { method?: string; key?: string } = {},
): Promise<T> {
  return request<T>(`/api/v1${path}`, {
    method: options.method ?? 'POST',
    headers: {
      Accept: 'application/json',
      'Content-Type': 'application/json',
      'Idempotency-Key': options.key ?? idempotencyKey(),
      'X-CSRFToken': csrfToken(),
    },
    body: JSON.stringify(body),
  });
}
