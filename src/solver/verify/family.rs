//! The blossoms of a certificate, read as a nested family.
//!
//! In: a certificate. Out: a [`Family`], or the first rule of nesting that is broken and where.
//! Holds: it is a forest of odd sets in which the smallest set around two vertices is found quickly.
//! Costs: `O(n)` to read, `O(log d)` for a pair, `d` the depth. Absent: the graph and the matching.

use super::refused::CertificateError;
use crate::solver::certificate::Certificate;
use crate::solver::weight::Weight;

/// Stands for "no blossom".
pub(super) const NONE: u32 = u32::MAX;

/// The blossoms of a certificate as a forest in which common ancestors are found quickly.
pub(super) struct Family<W> {
    /// The smallest blossom that holds a vertex, or [`NONE`].
    pub(super) of_vertex: Vec<u32>,
    /// The blossom directly around a blossom, or [`NONE`].
    pub(super) parent: Vec<u32>,
    /// The number of blossoms around a blossom.
    depth: Vec<u32>,
    /// Some blossom around a blossom, chosen so that following `jump` and `parent` takes
    /// logarithmically many steps (E. Myers, "An applicative random-access stack", 1983).
    jump: Vec<u32>,
    /// The sum of twice the duals of a blossom and of all around it.
    total_2x: Vec<W>,
    /// The number of vertices in a blossom.
    pub(super) size: Vec<u64>,
}

impl<W: Weight> Family<W> {
    /// Reads the blossoms, checking that they are a nested family of odd sets with no negative dual.
    pub(super) fn read(vertices: usize, certificate: &Certificate<W>) -> Result<Self, CertificateError<W>> {
        let count = certificate.blossoms.len();
        let mut family = Self {
            of_vertex: vec![NONE; vertices],
            parent: vec![NONE; count],
            depth: vec![0; count],
            jump: vec![NONE; count],
            total_2x: vec![W::ZERO; count],
            size: vec![0; count],
        };
        for index in 0..count {
            family.read_blossom(index, certificate)?;
        }
        for index in (0..count).rev() {
            family.hang_below_parent(index, certificate.blossoms[index].dual_2x)?;
        }
        Ok(family)
    }

    fn read_blossom(&mut self, index: usize, certificate: &Certificate<W>) -> Result<(), CertificateError<W>> {
        let blossom = &certificate.blossoms[index];
        // A certificate has fewer blossoms than vertices, or a vertex occurs twice before the end.
        let own = index as u32;
        let mut size = blossom.vertices.len() as u64;
        for &vertex in &blossom.vertices {
            let Some(of_vertex) = self.of_vertex.get_mut(vertex as usize) else {
                return Err(CertificateError::BlossomVertexOutOfRange { blossom: index, vertex });
            };
            if *of_vertex != NONE {
                return Err(CertificateError::VertexInTwoBlossoms { blossoms: [*of_vertex as usize, index], vertex });
            }
            *of_vertex = own;
        }
        for &child in &blossom.children {
            if child >= own {
                return Err(CertificateError::ChildNotBefore { blossom: index, child });
            }
            let parent = &mut self.parent[child as usize];
            if *parent != NONE {
                return Err(CertificateError::ChildOfTwoBlossoms { blossoms: [*parent as usize, index], child });
            }
            *parent = own;
            size += self.size[child as usize];
        }
        if size < 3 || size.is_multiple_of(2) {
            return Err(CertificateError::BlossomSize { blossom: index, size });
        }
        if blossom.dual_2x < W::ZERO {
            return Err(CertificateError::NegativeBlossomDual { blossom: index, dual_2x: blossom.dual_2x });
        }
        self.size[index] = size;
        Ok(())
    }

    /// Completes a blossom whose parent, having a larger index, is complete.
    fn hang_below_parent(&mut self, index: usize, dual_2x: W) -> Result<(), CertificateError<W>> {
        self.total_2x[index] = dual_2x;
        let parent = self.parent[index];
        if parent == NONE {
            return Ok(());
        }
        let above = parent as usize;
        let total_2x = dual_2x.checked_add(self.total_2x[above]);
        self.total_2x[index] = total_2x.ok_or(CertificateError::BlossomDualsOutOfRange { blossom: index })?;
        self.depth[index] = self.depth[above] + 1;
        let jump = self.jump[above];
        self.jump[index] = if jump == NONE {
            parent
        } else {
            let far = self.jump[jump as usize];
            let first_leap = self.depth[above] - self.depth[jump as usize];
            let equal_leaps = far != NONE && self.depth[jump as usize] - self.depth[far as usize] == first_leap;
            if equal_leaps { far } else { parent }
        };
        Ok(())
    }

    /// Returns twice the sum of the duals of two vertices and of all blossoms that hold both.
    pub(super) fn paid_2x(&self, certificate: &Certificate<W>, u: u32, v: u32) -> Result<W, CertificateError<W>> {
        let dual_2x = |vertex: u32| certificate.vertex_duals_2x[vertex as usize];
        let inside_2x = match self.smallest_holding(u, v) {
            NONE => W::ZERO,
            blossom => self.total_2x[blossom as usize],
        };
        // No dual is negative, so that this is the only sum that may not fit.
        let sum = dual_2x(u).checked_add(dual_2x(v)).and_then(|sum| sum.checked_add(inside_2x));
        sum.ok_or(CertificateError::DualsOutOfRange { u, v })
    }

    /// Returns the smallest blossom that holds both vertices, or [`NONE`].
    pub(super) fn smallest_holding(&self, u: u32, v: u32) -> u32 {
        let (mut a, mut b) = (self.of_vertex[u as usize], self.of_vertex[v as usize]);
        if a == NONE || b == NONE {
            return NONE;
        }
        if self.depth[a as usize] < self.depth[b as usize] {
            std::mem::swap(&mut a, &mut b);
        }
        let depth = self.depth[b as usize];
        while self.depth[a as usize] > depth {
            let jump = self.jump[a as usize];
            let overshoots = jump == NONE || self.depth[jump as usize] < depth;
            a = if overshoots { self.parent[a as usize] } else { jump };
        }
        // At equal depth the jumps of both lead to equal depths.
        while a != b {
            let (jump_a, jump_b) = (self.jump[a as usize], self.jump[b as usize]);
            (a, b) =
                if jump_a == jump_b { (self.parent[a as usize], self.parent[b as usize]) } else { (jump_a, jump_b) };
            if a == NONE || b == NONE {
                return NONE;
            }
        }
        a
    }
}
