namespace ZipIt.Numerics;

/// <summary>Work that falls into blocks which can be done in any order and side by side.</summary>
internal interface IParallelWork
{
    /// <summary>Does one block.</summary>
    /// <param name="block">Number of the block.</param>
    /// <param name="worker">Number of the thread, 0 … threads − 1: no other thread has it at the same time.</param>
    void Run(int block, int worker);
}
