#!/usr/bin/python3
"""HID scanners under umockdev: hidraw devices for a child process whose libudev, ioctl and /dev calls are redirected.

    umockdev-wrapper /usr/bin/python3 hid-device.py SOCKET -- COMMAND...

Runs COMMAND and ends with its exit code. Lines on the unix socket SOCKET, each answered with "ok" or "error WHY":
    add NAME VENDOR PRODUCT DESCRIPTOR_HEX   plugs a device in as /dev/hidrawN; answers "ok /dev/hidrawN"
    report NAME HEX                          the device sends an input report
    remove NAME                              unplugs it
"""
import fcntl
import os
import queue
import select
import socket
import struct
import subprocess
import sys
import threading
import time

import gi

gi.require_version("UMockdev", "1.0")
from gi.repository import GLib, UMockdev  # noqa: E402

# linux/hidraw.h on 64-bit machines
HIDIOCGRDESCSIZE = 0x80044801
HIDIOCGRDESC = 0x90044802
HIDIOCGRAWINFO = 0x80084803
TIOCGPTN = 0x80045430
BUS_USB = 3
EINVAL = 22
HIDRAW_MAJOR = 244
# How long a written report may be on its way through the kernel, and how long a reader may leave it there.
ARRIVAL_SECONDS = 0.004
READ_SECONDS = 2

socket_path = sys.argv[1]
command = sys.argv[sys.argv.index("--") + 1 :]
testbed = UMockdev.Testbed.new()
devices = {}
numbers = iter(range(1000))


class Device:
    def __init__(self, name, vendor, product, descriptor):
        number = self.number = next(numbers)
        self.node = f"/dev/hidraw{number}"
        self.vendor, self.product, self.descriptor = int(vendor, 16), int(product, 16), descriptor
        usb = f"/devices/pci0000:00/0000:00:14.0/usb1/1-{number + 1}"
        hid = f"{usb}/1-{number + 1}:1.0/0003:{vendor.upper()}:{product.upper()}.{number + 1:04X}"
        self.paths = [f"/sys{path}" for path in (f"{hid}/hidraw/hidraw{number}", hid, f"{usb}/1-{number + 1}:1.0", usb)]
        testbed.add_from_string(
            f"P: {usb}\nN: bus/usb/001/{number + 2:03d}\nE: DEVTYPE=usb_device\nE: SUBSYSTEM=usb\n"
            f"E: DEVNAME=/dev/bus/usb/001/{number + 2:03d}\nE: PRODUCT={self.vendor:x}/{self.product:x}/110\n"
            f"A: busnum=1\\n\nA: devnum={number + 2}\\n\nA: idVendor={vendor.lower()}\\n\nA: idProduct={product.lower()}\\n\n"
            f"A: manufacturer=Emulated\\n\nA: product=Emulated {name}\\n\nA: serial=EMU-{name}\\n\nA: bcdDevice=0110\\n\n\n"
            f"P: {usb}/1-{number + 1}:1.0\nE: DEVTYPE=usb_interface\nE: SUBSYSTEM=usb\nA: bInterfaceNumber=00\\n\n\n"
            f"P: {hid}\nE: SUBSYSTEM=hid\nE: HID_ID=0003:0000{vendor.upper()}:0000{product.upper()}\n"
            f"E: HID_NAME=Emulated {name}\nE: HID_PHYS=usb-0000:00:14.0-{number + 1}/input0\nE: HID_UNIQ=EMU-{name}\n"
            f"H: report_descriptor={descriptor.hex().upper()}\n\n"
            f"P: {hid}/hidraw/hidraw{number}\nN: hidraw{number}\nE: DEVNAME={self.node}\nE: SUBSYSTEM=hidraw\n"
            f"E: MAJOR={HIDRAW_MAJOR}\nE: MINOR={number}\nA: dev={HIDRAW_MAJOR}:{number}\\n\nL: device=../..\n"
        )
        self.ioctls = UMockdev.IoctlBase()
        self.ioctls.connect("handle-ioctl", self.on_ioctl)
        testbed.attach_ioctl(self.node, self.ioctls)
        self.patience = READ_SECONDS
        self.wire = testbed.get_dev_fd(self.node)
        number_of_pty = struct.unpack("I", fcntl.ioctl(self.wire, TIOCGPTN, bytes(4)))[0]
        self.far_end = os.open(f"/dev/pts/{number_of_pty}", os.O_RDONLY | os.O_NOCTTY)

    def on_ioctl(self, _handler, client):
        request, argument = client.get_request() & 0xFFFFFFFF, client.get_arg()
        size = len(self.descriptor)
        if request == HIDIOCGRDESCSIZE:
            argument.resolve(0, 4).update(0, struct.pack("<i", size))
        elif request == HIDIOCGRDESC:
            argument.resolve(0, 4100).update(0, struct.pack("<I", size) + self.descriptor)
        elif request == HIDIOCGRAWINFO:
            signed = [code - 0x10000 if code > 0x7FFF else code for code in (self.vendor, self.product)]
            argument.resolve(0, 8).update(0, struct.pack("<Ihh", BUS_USB, *signed))
        else:
            client.complete(-1, EINVAL)
            return True
        client.complete(0, 0)
        return True

    def unread(self):
        return self.far_end in select.select([self.far_end], [], [], 0)[0]

    def report(self, report):
        """A pseudo-terminal joins what a hidraw device keeps apart, so each report waits until the last one is read."""
        os.write(self.wire, report)
        arrival = time.monotonic() + ARRIVAL_SECONDS
        while not self.unread() and time.monotonic() < arrival:
            time.sleep(0.0005)
        deadline = time.monotonic() + self.patience
        while self.unread() and time.monotonic() < deadline:
            time.sleep(0.0005)
        if self.unread():
            # Nobody has the device open; the kernel forgets reports that nobody waits for.
            os.read(self.far_end, 4096)
            self.patience = ARRIVAL_SECONDS

    def remove(self):
        os.close(self.far_end)
        testbed.uevent(self.paths[0], "remove")
        testbed.detach_ioctl(self.node)
        for path in self.paths:
            testbed.remove_device(path)
        # The last holder of the far end: whoever reads the device now gets a hang-up.
        os.close(self.wire)
        # umockdev 0.17 keeps what it knew of the pseudo-terminal and aborts when the kernel gives its number out again.
        known = os.path.join(testbed.get_root_dir(), "dev/.ptymap")
        for entry in os.listdir(known):
            if os.readlink(os.path.join(known, entry)).strip() == f"{HIDRAW_MAJOR}:{self.number}":
                os.unlink(os.path.join(known, entry))


def obey(line):
    verb, name, *rest = line.split()
    if verb == "add":
        vendor, product, descriptor = rest
        devices[name] = Device(name, vendor, product, bytes.fromhex(descriptor))
        return f"ok {devices[name].node}"
    if verb == "report":
        devices[name].report(bytes.fromhex(rest[0]))
    elif verb == "remove":
        devices.pop(name).remove()
    else:
        return "error unknown verb"
    return "ok"


def obey_in_main_loop(line):
    """umockdev's objects belong to the thread of the main loop, which also answers ioctls."""
    answers = queue.Queue()

    def act():
        try:
            answers.put(obey(line))
        except Exception as error:  # the test shall see it, whatever it is
            answers.put(f"error {error!r}")
        return GLib.SOURCE_REMOVE

    GLib.idle_add(act)
    return answers.get()


def serve():
    server = socket.socket(socket.AF_UNIX)
    server.bind(socket_path)
    server.listen()
    ready.set()
    while True:
        connection, _ = server.accept()
        with connection, connection.makefile("rw") as lines:
            for line in lines:
                lines.write(obey_in_main_loop(line) + "\n")
                lines.flush()


def run():
    environment = dict(os.environ, UMOCKDEV_DIR=testbed.get_root_dir(), WARTEMARKE_HID_SOCKET=socket_path)
    run.status = subprocess.call(command, env=environment)
    GLib.idle_add(loop.quit)


loop = GLib.MainLoop()
ready = threading.Event()
threading.Thread(target=serve, daemon=True).start()
ready.wait()
threading.Thread(target=run).start()
loop.run()
sys.exit(run.status if run.status >= 0 else 128 - run.status)
