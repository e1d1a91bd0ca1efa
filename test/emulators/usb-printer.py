"""A USB printer without a kernel: umockdev shows it to libusb, and this answers libusb's ioctls.

    umockdev-wrapper /usr/bin/python3 usb-printer.py FOLDER -- command arguments

It plays the USB side only. FOLDER/wire carries the bytes of the bulk endpoints to and from whoever plays the printer;
FOLDER/control takes lines and answers each with "ok":

    port BYTE      what GET_PORT_STATUS answers, in hexadecimal
    hang 0|1       bulk OUT takes nothing and answers nothing, like many a printer without paper
    stall 0|1      bulk OUT is stalled
    unplug, plug   the cable

The structures and request numbers are those of linux/usbdevice_fs.h and USB 2.0, chapter 9, for a 64-bit kernel.
"""

import collections
import os
import socket
import struct
import subprocess
import sys
import threading

import gi

gi.require_version("UMockdev", "1.0")
from gi.repository import GLib, UMockdev  # noqa: E402

VENDOR, PRODUCT = 0x04B8, 0x0E15
# The printer is the second interface; the first has an endpoint of its own, as printers with a customer display have.
# Drivers that take whatever comes first write there, and nothing is printed.
OTHER, PRINTER = 0, 1
BULK_OUT, BULK_IN = 0x01, 0x82
NODE = "/dev/bus/usb/001/002"
SYSFS = "/devices/pci0000:00/0000:00:14.0/usb1/1-1"
STRINGS = {1: "EPSON", 2: "TM-T20II", 3: "J000001"}

GET_CAPABILITIES = 0x8004551A
GET_DRIVER = 0x41045508
DRIVER_IOCTL = 0xC0105512
CLAIM, RELEASE, SET_INTERFACE = 0x8004550F, 0x80045510, 0x80085504
RESET, CLEAR_HALT, SET_CONFIGURATION = 0x5514, 0x80045515, 0x80045505
SUBMIT, DISCARD = 0x8038550A, 0x550B
REAP, REAP_NO_WAIT = 0x4008550C, 0x4008550D
DISCONNECT, CONNECT = 0x5516, 0x5517
CONTROL_URB = 2
EAGAIN, ENODEV, EBUSY, EINVAL, ENOTTY, ENODATA = 11, 19, 16, 22, 25, 61
ENOENT, EPIPE, EOVERFLOW = 2, 32, 75
# Bytes of a bulk packet at high speed.
PACKET = 512

DEVICE = struct.pack("<BBHBBBBHHHBBBB", 18, 1, 0x200, 0, 0, 0, 64, VENDOR, PRODUCT, 0x0100, 1, 2, 3, 1)
PRINTER_INTERFACE = (
    struct.pack("<BBBBBBBBB", 9, 4, PRINTER, 0, 2, 7, 1, 2, 0)
    + struct.pack("<BBBBHB", 7, 5, BULK_OUT, 2, PACKET, 0)
    + struct.pack("<BBBBHB", 7, 5, BULK_IN, 2, PACKET, 0)
)
OTHER_INTERFACE = struct.pack("<BBBBBBBBB", 9, 4, OTHER, 0, 1, 0xFF, 0, 0, 0) + struct.pack("<BBBBHB", 7, 5, 0x03, 2, PACKET, 0)
INTERFACES = OTHER_INTERFACE + PRINTER_INTERFACE
CONFIGURATION = struct.pack("<BBHBBBBB", 9, 2, 9 + len(INTERFACES), 2, 1, 0, 0xC0, 1) + INTERFACES
DESCRIPTORS = (DEVICE + CONFIGURATION).hex().upper()  # umockdev wants capitals

Urb = collections.namedtuple("Urb", "pointer memory buffer type endpoint length")


class UsbPrinter:
    """The state of the device; every method is called with the lock held."""

    def __init__(self, to_printer):
        self.lock = threading.RLock()
        self.to_printer = to_printer
        self.port, self.hang, self.stall, self.plugged = 0x18, False, False, True
        self.kernel_driver, self.claimed = True, set()
        self.pending, self.done, self.answers = [], collections.deque(), bytearray()

    def plug(self):
        self.plugged, self.kernel_driver = True, True
        self.claimed.clear()
        self.pending.clear()
        self.done.clear()
        self.answers.clear()

    def control_answer(self, setup):
        kind, request, value, _index, length = struct.unpack("<BBHHH", setup)
        data = b""
        if kind & 0x80 and request == 6:
            if value >> 8 == 1:
                data = DEVICE
            elif value >> 8 == 2:
                data = CONFIGURATION
            elif value == 0x0300:
                data = b"\x04\x03\x09\x04"
            elif value >> 8 == 3:
                text = STRINGS.get(value & 0xFF, "").encode("utf-16le")
                data = bytes([2 + len(text), 3]) + text
        elif kind == 0xA1 and request == 1:
            data = bytes([self.port])
        return data[:length]

    def finish(self, urb, status, length):
        self.pending.remove(urb)
        urb.memory.update(4, struct.pack("<i", status))
        urb.memory.update(28, struct.pack("<i", length))
        self.done.append(urb)

    def work(self):
        for urb in list(self.pending):
            if not self.plugged:
                self.finish(urb, -ENODEV, 0)
            elif urb.type == CONTROL_URB:
                data = self.control_answer(bytes(urb.buffer.retrieve())[:8])
                if data:
                    urb.buffer.update(8, data)
                self.finish(urb, 0, len(data))
            elif urb.endpoint == BULK_IN:
                if self.answers:
                    data = bytes(self.answers[:PACKET])
                    del self.answers[:PACKET]
                    if len(data) > urb.length:
                        self.finish(urb, -EOVERFLOW, 0)
                        continue
                    urb.buffer.update(0, data)
                    self.finish(urb, 0, len(data))
            elif self.stall:
                self.finish(urb, -EPIPE, 0)
            elif not self.hang:
                if urb.endpoint == BULK_OUT:
                    self.to_printer(bytes(urb.buffer.retrieve())[: urb.length])
                self.finish(urb, 0, urb.length)

    def ioctl(self, request, argument):
        """Returns an error number, or 0."""
        if not self.plugged and request not in (REAP, REAP_NO_WAIT):
            return ENODEV
        if request == GET_CAPABILITIES:
            argument.resolve(0, 4).update(0, struct.pack("<I", 0))
        elif request == GET_DRIVER:
            memory = argument.resolve(0, 260)
            interface = struct.unpack("<i", bytes(memory.retrieve())[:4])[0]
            if not self.kernel_driver or interface != PRINTER:
                return ENODATA
            memory.update(4, b"usblp\0")
        elif request == DRIVER_IOCTL:
            _interface, code = struct.unpack("<iI", bytes(argument.resolve(0, 16).retrieve())[:8])
            self.kernel_driver = code == CONNECT or (self.kernel_driver and code != DISCONNECT)
        elif request == CLAIM:
            interface = struct.unpack("<I", bytes(argument.resolve(0, 4).retrieve()))[0]
            if interface == PRINTER and self.kernel_driver:
                return EBUSY
            self.claimed.add(interface)
        elif request == SUBMIT:
            # The pointer must be read before it is resolved; it is how the urb is found when it is discarded.
            pointer = struct.unpack("<Q", bytes(argument.retrieve())[:8])[0]
            memory = argument.resolve(0, 56)
            raw = bytes(memory.retrieve())
            if raw[0] != CONTROL_URB and (OTHER if raw[1] == 0x03 else PRINTER) not in self.claimed:
                return EINVAL
            length = struct.unpack("<i", raw[24:28])[0]
            buffer = memory.resolve(16, length) if length else None
            self.pending.append(Urb(pointer, memory, buffer, raw[0], raw[1], length))
        elif request in (REAP, REAP_NO_WAIT):
            self.work()
            if not self.done:
                return EAGAIN if self.plugged else ENODEV
            argument.resolve(0, 8).set_ptr(0, self.done.popleft().memory)
        elif request == DISCARD:
            pointer = struct.unpack("<Q", bytes(argument.retrieve())[:8])[0]
            found = [urb for urb in self.pending if urb.pointer == pointer]
            if not found:
                return EINVAL
            self.finish(found[0], -ENOENT, 0)
        elif request == RELEASE:
            self.claimed.discard(struct.unpack("<I", bytes(argument.resolve(0, 4).retrieve()))[0])
        elif request not in (SET_INTERFACE, RESET, CLEAR_HALT, SET_CONFIGURATION):
            return ENOTTY
        return 0


def describe():
    properties = {
        "DEVNAME": NODE, "DEVTYPE": "usb_device", "SUBSYSTEM": "usb", "BUSNUM": "001", "DEVNUM": "002",
        "MAJOR": "189", "MINOR": "1", "DRIVER": "usb", "PRODUCT": "4b8/e15/100",
        "ID_VENDOR_ID": "04b8", "ID_MODEL_ID": "0e15",
    }  # fmt: skip
    attributes = {
        "busnum": "1", "devnum": "2", "speed": "480", "bConfigurationValue": "1", "bNumConfigurations": "1",
        "idVendor": "04b8", "idProduct": "0e15", "bcdDevice": "0100", "bDeviceClass": "00", "dev": "189:1",
    }  # fmt: skip
    lines = [f"P: {SYSFS}", f"N: {NODE[5:]}={DESCRIPTORS}"]
    lines += [f"E: {name}={value}" for name, value in properties.items()]
    lines += [f"A: {name}={value}\\n" for name, value in attributes.items()]
    lines.append(f"H: descriptors={DESCRIPTORS}")
    return "\n".join(lines) + "\n\n"


def main():
    folder, command = sys.argv[1], sys.argv[sys.argv.index("--") + 1 :]
    testbed = UMockdev.Testbed.new()
    wires = []

    def to_printer(data):
        for wire in list(wires):
            try:
                wire.sendall(data)
            except OSError:
                pass

    printer = UsbPrinter(to_printer)
    handler = UMockdev.IoctlBase()

    def handle(_handler, client):
        with printer.lock:
            error = printer.ioctl(client.get_request() & 0xFFFFFFFF, client.get_arg())
            client.complete(-1 if error else 0, error)
        return True

    handler.connect("handle-ioctl", handle)
    testbed.add_from_string(describe())
    testbed.attach_ioctl(NODE, handler)

    def obey(words):
        if words[0] == "port":
            printer.port = int(words[1], 16)
        elif words[0] in ("hang", "stall"):
            setattr(printer, words[0], words[1] == "1")
        elif words[0] == "unplug" and printer.plugged:
            printer.plugged = False
            testbed.uevent("/sys" + SYSFS, "remove")
        elif words[0] == "plug" and not printer.plugged:
            printer.plug()
            testbed.uevent("/sys" + SYSFS, "add")

    def obey_now(words, answer):
        # Device events are sent from the main loop, where the handler lives too.
        with printer.lock:
            obey(words)
        try:
            answer.sendall(b"ok\n")
        except OSError:
            pass
        return False

    def serve(path, talk):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen()

        def accept():
            while True:
                connection = listener.accept()[0]
                try:
                    talk(connection)
                except OSError:
                    pass  # its test has ended

        threading.Thread(target=accept, daemon=True).start()

    def talk_control(connection):
        for line in connection.makefile():
            GLib.idle_add(obey_now, line.split(), connection)

    def talk_wire(connection):
        wires.append(connection)
        try:
            while data := connection.recv(4096):
                with printer.lock:
                    printer.answers += data
        finally:
            wires.remove(connection)

    serve(os.path.join(folder, "wire"), talk_wire)
    serve(os.path.join(folder, "control"), talk_control)

    loop = GLib.MainLoop()
    result = []

    def run():
        result.append(subprocess.run(command, env=dict(os.environ, UMOCKDEV_DIR=testbed.get_root_dir())).returncode)
        GLib.idle_add(loop.quit)

    threading.Thread(target=run).start()
    loop.run()
    sys.exit(result[0] if result[0] >= 0 else 1)


main()
