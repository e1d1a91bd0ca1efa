import {
  AVRADC,
  AVREEPROM,
  AVRIOPort,
  AVRTimer,
  AVRUSART,
  adcConfig,
  avrInstruction,
  CPU,
  EEPROMMemoryBackend,
  PinState,
  portBConfig,
  portCConfig,
  portDConfig,
  timer0Config,
  timer1Config,
  timer2Config,
  usart0Config,
} from "avr8js";

/** An Uno's crystal, in hertz. */
const clockHertz = 16_000_000;
const flashBytes = 0x8000;
const eepromBytes = 1_024;
/** Emulated time that may be owed to the wall clock; more is forgiven, so that a busy machine does not stall. */
const debtMs = 50;

/** The program memory of an ATmega328P from the text of an Intel HEX file. */
export function loadHex(text: string): Uint16Array {
  const program = new Uint8Array(flashBytes).fill(0xff);
  let base = 0;
  for (const line of text.split(/\r?\n/)) {
    if (!line.startsWith(":")) continue;
    const [length = 0, high = 0, low = 0, type, ...data] = Buffer.from(line.slice(1), "hex");
    if (type === 2) base = (((data[0] ?? 0) << 8) | (data[1] ?? 0)) << 4;
    else if (type === 0) program.set(data.slice(0, length), base + ((high << 8) | low));
  }
  return new Uint16Array(program.buffer);
}

/** An Arduino Uno that runs a firmware as fast as the real one when `run` is called every millisecond. */
export interface AvrUno {
  /** Bytes to the board's serial line. */
  receive(bytes: Uint8Array): void;
  /** Runs up to the present; returns what the board sent. */
  run(): Buffer;
  /** Connects a pin to ground, or lets it go. */
  ground(pin: number, down: boolean): void;
  /** As the reset button, or the opening of the serial port on a real Uno. */
  reset(): void;
}

export function createAvrUno(program: Uint16Array, onOutput: (pin: number, high: boolean) => void): AvrUno {
  const grounded = new Set<number>();
  let board = boot();

  function boot() {
    const cpu = new CPU(program);
    for (const config of [timer0Config, timer1Config, timer2Config]) new AVRTimer(cpu, config);
    const ports = [portDConfig, portBConfig, portCConfig].map((config) => new AVRIOPort(cpu, config));
    new AVRADC(cpu, adcConfig).channelValues.fill(0);
    new AVREEPROM(cpu, new EEPROMMemoryBackend(eepromBytes));
    const usart = new AVRUSART(cpu, usart0Config, clockHertz);
    const sent: number[] = [];
    const waiting: number[] = [];
    const feed = () => {
      while (waiting.length > 0 && !usart.rxBusy) {
        const byte = waiting.shift() ?? 0;
        // Whatever comes before the firmware has set up its serial line is lost, as on the real chip.
        if (usart.rxEnable) usart.writeByte(byte);
      }
    };
    mendUsart(cpu, usart);
    usart.onByteTransmit = (byte) => sent.push(byte);
    usart.onRxComplete = feed;
    const states = new Map<number, PinState>();
    ports.forEach((port, index) => {
      const first = [0, 8, 14][index] ?? 0;
      port.addListener(() => {
        for (let bit = 0; bit < 8; bit++) {
          const pin = first + bit;
          const state = port.pinState(bit);
          if (states.get(pin) === state) continue;
          states.set(pin, state);
          // avr8js leaves it to its user what an input reads: a pull-up high, unless a button grounds it.
          if (state === PinState.InputPullUp) port.setPin(bit, !grounded.has(pin));
          if (state === PinState.High || state === PinState.Low) onOutput(pin, state === PinState.High);
        }
      });
    });
    return { cpu, ports, sent, waiting, feed, states, beganAt: performance.now() };
  }

  return {
    receive(bytes) {
      board.waiting.push(...bytes);
      board.feed();
    },
    run() {
      const { cpu, sent } = board;
      const now = performance.now();
      let target = ((now - board.beganAt) / 1_000) * clockHertz;
      const debt = (debtMs / 1_000) * clockHertz;
      if (target - cpu.cycles > debt) {
        target = cpu.cycles + debt;
        board.beganAt = now - (target / clockHertz) * 1_000;
      }
      while (cpu.cycles < target) {
        avrInstruction(cpu);
        cpu.tick();
      }
      return Buffer.from(sent.splice(0));
    },
    ground(pin, down) {
      if (down) grounded.add(pin);
      else grounded.delete(pin);
      const index = pin < 8 ? 0 : pin < 14 ? 1 : 2;
      const pulledUp = board.states.get(pin) === PinState.InputPullUp;
      board.ports[index]?.setPin(pin - ([0, 8, 14][index] ?? 0), !down && pulledUp);
    },
    reset() {
      board = boot();
    },
  };
}

/**
 * Mends three defects of avr8js 0.21.1: entering the interrupt for an empty transmit register clears its flag though
 * no byte was written, so that the Arduino 1.0 core never sends again; a write to UCSR0A clears the read-only flags;
 * a write to UCSR0B drops a byte that waits to be read.
 */
function mendUsart(cpu: CPU, usart: AVRUSART): void {
  const { UCSRA, UCSRB } = usart0Config;
  const readOnlyFlags = 0xbc;
  const receiveComplete = 0x80;
  const internals = usart as unknown as { UDRE: { constant: boolean }; RXC: Parameters<CPU["setInterruptFlag"]>[0] };
  internals.UDRE.constant = true;
  const writeA = cpu.writeHooks[UCSRA];
  const writeB = cpu.writeHooks[UCSRB];
  cpu.writeHooks[UCSRA] = (value, old, address, mask) => {
    const kept = (cpu.data[UCSRA] ?? 0) & readOnlyFlags;
    const done = writeA?.(value, old, address, mask);
    cpu.data[UCSRA] = (cpu.data[UCSRA] ?? 0) | kept;
    return done;
  };
  cpu.writeHooks[UCSRB] = (value, old, address, mask) => {
    const waiting = (cpu.data[UCSRA] ?? 0) & receiveComplete;
    const done = writeB?.(value, old, address, mask);
    if (waiting) cpu.setInterruptFlag(internals.RXC);
    return done;
  };
}
