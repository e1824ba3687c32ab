package store

// Fast writes without waiting for the disk, and keeps so many keys staged at
// most, so that they go into the trees again and again; 0 is as usual.
func (o Options) Fast(staged int) Options {
	o.noSync, o.most = true, staged
	return o
}
