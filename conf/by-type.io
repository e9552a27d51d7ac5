-- vi:ft=lua
-- SPDX-License-Identifier: MIT
-- A virtual bus for each type of card: give a program the one it is to have.

local hw = Io.system_bus()

local function bus_of(match)
  return Io.Vi.System_bus(function ()
    Property.num_msis = 10
    PCI = Io.Vi.PCI_bus(function ()
      nic = wrap(hw:match(match))
    end)
  end)
end

Io.add_vbusses
{
  e1000  = bus_of("PCI/VEN_8086&DEV_100E"), -- 82540EM
  e1000e = bus_of("PCI/VEN_8086&DEV_10D3"), -- 82574L
  igb    = bus_of("PCI/VEN_8086&DEV_10C9"), -- 82576
  i350   = bus_of("PCI/VEN_8086&DEV_1521"),
  x520   = bus_of("PCI/VEN_8086&DEV_10FB"), -- 82599
  x540   = bus_of("PCI/VEN_8086&DEV_1528"),
  virtio = bus_of("PCI/VEN_1AF4&DEV_1041"), -- virtio-net, not transitional
}
