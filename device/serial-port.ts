import { read } from "node:fs";
import { promisify } from "node:util";
import { SerialPort } from "serialport";

const readFile = promisify(read);

/** The serial parameters, with the names that SerialPort gives them. */
export interface SerialSettings {
  path: string;
  baudRate: number;
  dataBits?: 5 | 6 | 7 | 8;
  parity?: "none" | "even" | "odd";
  stopBits?: 1 | 1.5 | 2;
  rtscts?: boolean;
}

/** What an open port of the library is made of (bindings-cpp 13.0.0, linux.ts and poller.ts). */
interface OpenPort {
  fd: number | null;
  poller: { once(event: "readable", then: (error: Error | null) => void): unknown };
  read(buffer: Buffer, offset: number, length: number): Promise<{ bytesRead: number; buffer: Buffer }>;
}

interface Binding {
  open(options: object): Promise<OpenPort>;
}

/**
 * A serial port that is not open yet and notices every hang-up. A device that vanishes while a read is under way reads
 * as zero bytes from then on; the library takes that for "nothing yet" and reads again without a pause, for ever: the
 * port would seem open and a processor would be busy.
 */
export function createSerialPort(settings: SerialSettings): SerialPort {
  const options = { ...settings, autoOpen: false as const, binding: hangUpBinding };
  return new SerialPort(options as ConstructorParameters<typeof SerialPort>[0]);
}

/** Closes a port in whatever state it is, also one whose opening is under way. */
export function closeSerialPort(port: SerialPort): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      if (port.isOpen) port.close(() => resolve());
      else resolve();
    };
    if (port.opening) port.once("open", finish).once("error", finish);
    else finish();
  });
}

const hangUpBinding: Binding = {
  ...(SerialPort.binding as object),
  async open(options) {
    const port = await (SerialPort.binding as unknown as Binding).open(options);
    port.read = (buffer, offset, length) => readSome(port, buffer, offset, length);
    return port;
  },
};

async function readSome(port: OpenPort, buffer: Buffer, offset: number, length: number) {
  for (;;) {
    if (port.fd === null) throw Object.assign(new Error("Port is not open"), { canceled: true });
    try {
      const { bytesRead } = await readFile(port.fd, buffer, offset, length, null);
      if (bytesRead === 0) throw new Error("hung up");
      return { bytesRead, buffer };
    } catch (error) {
      if (!["EAGAIN", "EINTR"].includes(String((error as NodeJS.ErrnoException).code))) {
        // Closed here meanwhile: that is no news.
        throw Object.assign(error as Error, { canceled: port.fd === null });
      }
    }
    await readable(port);
  }
}

function readable(port: OpenPort): Promise<void> {
  if (port.fd === null) return Promise.resolve();
  return new Promise((resolve, reject) => {
    port.poller.once("readable", (error) => (error ? reject(error) : resolve()));
  });
}
