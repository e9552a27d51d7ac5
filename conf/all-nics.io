-- vi:ft=lua
-- SPDX-License-Identifier: MIT
-- One virtual bus with every network card.

local hw = Io.system_bus()

Io.add_vbusses
{
  vbus = Io.Vi.System_bus(function ()
    Property.num_msis = 26 -- interrupt messages: one a receive queue, one more a card
    PCI = Io.Vi.PCI_bus(function ()
      nic = wrap(hw:match("PCI/network"))
    end)
  end)
}
