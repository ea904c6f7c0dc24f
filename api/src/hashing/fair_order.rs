//! Jobs in the order in which networks are served: the widest blocks in turn, within a block its parts in turn, within a network in the
//! order of arrival.

use std::collections::{HashMap, VecDeque};

use crate::network::{AddressBlock, ClientNetwork};

/// The jobs of all networks, or of one block.
pub(super) struct FairOrder<J> {
    /// The parts that have jobs, the next one first.
    round: VecDeque<AddressBlock>,
    parts: HashMap<AddressBlock, Self>,
    /// Only a network itself has jobs.
    jobs: VecDeque<(u64, J)>,
}

impl<J> Default for FairOrder<J> {
    fn default() -> Self {
        Self { round: VecDeque::new(), parts: HashMap::new(), jobs: VecDeque::new() }
    }
}

/// From the widest block that contains this one down to it.
pub(super) fn path_to(block: AddressBlock) -> Vec<AddressBlock> {
    let mut path: Vec<_> = std::iter::successors(Some(block), |block| block.parent()).collect();
    path.reverse();
    path
}

fn path_of(network: ClientNetwork) -> Vec<AddressBlock> {
    network.blocks().next().map(path_to).unwrap_or_default()
}

impl<J> FairOrder<J> {
    pub(super) fn push(&mut self, network: ClientNetwork, id: u64, job: J) {
        let mut order = self;
        for block in path_of(network) {
            if !order.parts.contains_key(&block) {
                order.round.push_back(block);
            }
            order = order.parts.entry(block).or_default();
        }
        order.jobs.push_back((id, job));
    }

    pub(super) fn pop(&mut self) -> Option<J> {
        if let Some((_, job)) = self.jobs.pop_front() {
            return Some(job);
        }
        let block = self.round.pop_front()?;
        let part = self.parts.get_mut(&block)?;
        let job = part.pop();
        if part.is_empty() {
            self.parts.remove(&block);
        } else {
            self.round.push_back(block);
        }
        job
    }

    pub(super) fn remove(&mut self, network: ClientNetwork, id: u64) -> Option<J> {
        self.remove_at(&path_of(network), &|jobs| jobs.iter().position(|(other, _)| *other == id))
    }

    /// Removes the newest job of a block, within it of the parts that weigh most.
    pub(super) fn remove_newest(&mut self, block: AddressBlock, weight: impl Fn(AddressBlock) -> usize) -> Option<J> {
        let mut path = path_to(block);
        let mut order = path.iter().try_fold(&*self, |order, block| order.parts.get(block))?;
        while let Some((heaviest, part)) = order.parts.iter().max_by_key(|(block, _)| weight(**block)) {
            path.push(*heaviest);
            order = part;
        }
        self.remove_at(&path, &|jobs| jobs.len().checked_sub(1))
    }

    /// Whether a block has any jobs.
    pub(super) fn has(&self, block: AddressBlock) -> bool {
        path_to(block).iter().try_fold(self, |order, block| order.parts.get(block)).is_some()
    }

    pub(super) fn len(&self) -> usize {
        self.jobs.len() + self.parts.values().map(Self::len).sum::<usize>()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.jobs.is_empty() && self.parts.is_empty()
    }

    fn remove_at(&mut self, path: &[AddressBlock], find: &Find<'_, J>) -> Option<J> {
        let Some((block, rest)) = path.split_first() else {
            let at = find(&self.jobs)?;
            return self.jobs.remove(at).map(|(_, job)| job);
        };
        let part = self.parts.get_mut(block)?;
        let job = part.remove_at(rest, find);
        if part.is_empty() {
            self.parts.remove(block);
            self.round.retain(|other| other != block);
        }
        job
    }
}

/// Finds a job in a queue.
type Find<'a, J> = dyn Fn(&VecDeque<(u64, J)>) -> Option<usize> + 'a;

#[cfg(test)]
mod tests {
    use super::FairOrder;
    use crate::network::ClientNetwork;

    fn network(ip: &str) -> ClientNetwork {
        ClientNetwork::from(Some(ip.parse().unwrap()))
    }

    fn order<'a>(addresses: &[&'a str]) -> FairOrder<&'a str> {
        let mut order = FairOrder::default();
        addresses.iter().zip(0..).for_each(|(ip, id)| order.push(network(ip), id, *ip));
        order
    }

    #[test]
    fn sites_take_turns_and_within_a_site_its_networks() {
        let (a, b, c) = ("2001:db8:0:100::", "2001:db8:0:101::", "2001:db8:0:200::");
        let mut order = order(&[a, a, b, c, "192.0.2.1", "192.0.2.1", "2001:db8:1::"]);
        assert_eq!(order.len(), 7);
        let served: Vec<_> = std::iter::from_fn(|| order.pop()).collect();
        assert_eq!(served, [a, "192.0.2.1", "2001:db8:1::", c, "192.0.2.1", b, a]);
        assert!(order.is_empty() && order.round.is_empty());
    }

    #[test]
    fn removed_jobs_leave_nothing_behind() {
        let (a, b) = ("2001:db8:0:100::", "2001:db8:0:101::");
        let mut order = order(&[a, b, a]);
        let site = network(a).blocks().last().unwrap();
        assert_eq!(order.remove(network(a), 1), None, "another network's");
        assert_eq!(order.remove_newest(site, |block| usize::from(network(a).blocks().any(|own| own == block))), Some(a));
        assert_eq!(order.remove(network(a), 0), Some(a));
        assert!(order.has(site) && !order.has(network(a).blocks().next().unwrap()));
        assert_eq!(order.pop(), Some(b));
        assert!(!order.has(site) && order.is_empty());
        assert_eq!(order.remove_newest(site, |_| 0), None);
    }
}
