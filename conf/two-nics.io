-- vi:ft=lua
-- SPDX-License-Identifier: MIT
-- Two cards of one type, a virtual bus each. Cards are told apart by where they sit
-- (in QEMU: -device ...,addr=2 and addr=3).

local hw = Io.system_bus()

local function bus_at(address)
  return Io.Vi.System_bus(function ()
    Property.num_msis = 10
    PCI = Io.Vi.PCI_bus(function ()
      nic = wrap(hw:match("PCI/network&ADR_" .. address))
    end)
  end)
end

Io.add_vbusses
{
  left  = bus_at("0000:00:02.0"),
  right = bus_at("0000:00:03.0"),
}
