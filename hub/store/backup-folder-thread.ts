/** A thread that looks after the folder of the backups. */
import { parentPort, workerData } from "node:worker_threads";
import type { FolderTask } from "./backups.ts";
import { tendFolder } from "./backups.ts";

parentPort?.postMessage(tendFolder(workerData as FolderTask));
