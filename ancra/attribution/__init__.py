"""Which pixels and which channels a model's answer rests on."""
