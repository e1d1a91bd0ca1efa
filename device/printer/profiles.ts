/**
 * What a kind of printer can do, and so what may be promised about a ticket. The commands are those of Epson's ESC/POS
 * command reference; which of them a printer knows is all that tells the profiles apart.
 */
export interface PrinterProfile {
  /** The number that ESC t takes to select code page 858. Vendors number their code pages differently. */
  codeTable: number;
  /** Sends FS . first: printers made for Asia start in a mode in which an umlaut begins a two-byte character. */
  leavesKanjiMode: boolean;
  /** `feed-and-cut` is GS V 66 0; others cut where the paper stands (GS V 0) and need feeding to the knife before. */
  cut: "feed-and-cut" | "feed-then-cut";
  /** Answers DLE EOT 1 to 4. */
  realTimeStatus: boolean;
  /** Tells changes by itself once asked by GS a (automatic status back). */
  automaticStatus: boolean;
  /** Answers GS ( H function 48 when everything before it has been printed: the only way to be sure. */
  confirmsPrinting: boolean;
  /** Keeps graphics in its memory and names their keys (GS ( L functions 83 and 80): after a restart it can be asked for a job. */
  remembersJobs: boolean;
  /** Forgets what waits in its buffers at DLE DC4 function 8, also when it has stopped for want of paper. */
  clearsBuffers: boolean;
  /** Which bits of the USB class request GET_PORT_STATUS are true: some printers know only about paper. */
  portStatus: "all" | "paper" | "none";
  /** What was written is the paper: a file that a person or a program reads. */
  writtenIsPrinted: boolean;
}

export const printerProfiles = {
  /** Epson's TM series and printers that are true to it. */
  epson: {
    codeTable: 19,
    leavesKanjiMode: false,
    cut: "feed-and-cut",
    realTimeStatus: true,
    automaticStatus: true,
    confirmsPrinting: true,
    remembersJobs: true,
    clearsBuffers: true,
    portStatus: "all",
    writtenIsPrinted: false,
  },
  /** Printers without a name: they print and mostly tell their status, but confirm nothing. */
  generic: {
    codeTable: 19,
    leavesKanjiMode: true,
    cut: "feed-then-cut",
    realTimeStatus: true,
    automaticStatus: false,
    confirmsPrinting: false,
    remembersJobs: false,
    clearsBuffers: false,
    portStatus: "paper",
    writtenIsPrinted: false,
  },
  /** The bytes go into a file: for trying out, and for print servers that watch a folder. */
  file: {
    codeTable: 19,
    leavesKanjiMode: false,
    cut: "feed-and-cut",
    realTimeStatus: false,
    automaticStatus: false,
    confirmsPrinting: false,
    remembersJobs: false,
    clearsBuffers: false,
    portStatus: "none",
    writtenIsPrinted: true,
  },
} as const satisfies Record<string, PrinterProfile>;
