"""What the engine's tests stand on: real projects in temporary folders, real processes, and looks at what they left."""
