// libtorch has one pool of threads and one count of living tensors for the whole process.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
