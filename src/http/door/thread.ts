// The thread of the HTTP door. It loads no framework, no schemas and nothing of the cluster.
import { parentPort, workerData } from 'node:worker_threads';
import type { DoorSettings, ToDoor } from './messages.ts';
import { serveDoor } from './serve.ts';

const port = parentPort;
if (port === null) throw new Error('this is the thread of the HTTP door; start the daemon');
serveDoor(workerData as DoorSettings, {
  post: (message) => port.postMessage(message),
  onMessage: (take) => port.on('message', (message: ToDoor) => take(message)),
});
