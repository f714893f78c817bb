package memory

import "slices"

// Compact joins neighbouring segments so that their sizes fall at least by half
// from one to the next, and drops dead chunks. It returns s itself if there is
// nothing to do. Results of searches stay the same.
func (s *Snapshot) Compact() *Snapshot {
	var out []view
	changed := false
	for _, v := range s.views {
		if v.gone*4 > v.Len() {
			v = view{Segment: merge([]view{v})}
			changed = true
		}
		out = append(out, v)
	}
	for {
		from := tail(out)
		if from < 0 {
			break
		}
		out = append(out[:from:from], view{Segment: merge(out[from:])})
		changed = true
	}
	if !changed {
		return s
	}
	next := &Snapshot{Seq: s.Seq, docs: s.docs, views: out, scratch: s.scratch}
	next.account()
	return next
}

// tail is where the segments at the end begin that should become one, -1 if
// none should.
func tail(views []view) int {
	from, sum := -1, 0
	for i := len(views) - 1; i >= 0; i-- {
		size := views[i].Len()
		if i < len(views)-1 {
			if size > 2*sum || sum+size > MaxSegment {
				break
			}
			from = i
		}
		sum += size
	}
	return from
}

// merge makes one segment of the live chunks of several.
func merge(views []view) *Segment {
	out := &Segment{}
	places := make([][]uint16, len(views)) // new place of each chunk
	var names []byte
	for i, v := range views {
		places[i] = make([]uint16, v.Len())
		for j := range v.rows {
			if !v.live(j) {
				continue
			}
			places[i][j] = uint16(out.Len())
			out.rows = append(out.rows, v.rows[j])
			names = append(names, v.id(uint16(j))...)
			out.nameEnds = append(out.nameEnds, uint32(len(names)))
			out.slots = append(out.slots, v.slots[j])
			out.lengths = append(out.lengths, v.lengths[j])
			out.ordinals = append(out.ordinals, v.ordinals[j])
			out.packed = append(out.packed, v.of(j)...)
			out.ends = append(out.ends, uint32(len(out.packed)))
		}
	}
	out.names = string(names)
	mergePostings(out, views, places)
	mergeVectors(out, views, places)
	out.clip()
	return out
}

func mergePostings(out *Segment, views []view, places [][]uint16) {
	size := 0
	for _, v := range views {
		out.terms = append(out.terms, v.terms...)
		size += len(v.postings)
	}
	slices.Sort(out.terms)
	out.terms = slices.Compact(out.terms)
	out.postings = make([]posting, 0, size)
	out.offsets = make([]uint32, 0, len(out.terms)+1)
	next := make([]int, len(views)) // the term each segment has come to
	kept := out.terms[:0]
	for _, term := range out.terms {
		start := uint32(len(out.postings))
		for i, v := range views {
			if next[i] == len(v.terms) || v.terms[next[i]] != term {
				continue
			}
			for _, p := range v.postings[v.offsets[next[i]]:v.offsets[next[i]+1]] {
				if v.live(int(p.chunk)) {
					out.postings = append(out.postings, posting{places[i][p.chunk], p.tf})
				}
			}
			next[i]++
		}
		if uint32(len(out.postings)) > start {
			kept = append(kept, term)
			out.offsets = append(out.offsets, start)
		}
	}
	out.terms = kept
	out.offsets = append(out.offsets, uint32(len(out.postings)))
}

func mergeVectors(out *Segment, views []view, places [][]uint16) {
	for i, v := range views {
		for _, from := range v.vectors {
			to := out.group(from.model, from.table.Dim(), out.Len())
			for row, chunk := range from.chunks {
				if v.live(int(chunk)) {
					to.chunks = append(to.chunks, places[i][chunk])
					to.table.Copy(from.table, row)
				}
			}
		}
	}
}
