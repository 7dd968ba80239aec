namespace Reproduction.Pairs;

/// <summary>The classes of a data set in two halves, another way for each pair.</summary>
internal static class ClassSplit
{
    /// <summary>Splits classes.</summary>
    /// <param name="classes">Number of classes.</param>
    /// <param name="pair">Number of the pair, from 1: the first has every other class, the second the first and the last half, others are drawn at random.</param>
    /// <returns>Numbers of the classes of both tasks, in ascending order.</returns>
    public static (int[] First, int[] Second) Of(int classes, int pair)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pair, 1);
        int[] order = [.. Enumerable.Range(0, classes)];
        switch (pair)
        {
            case 1:
                order = [.. order.Where(number => number % 2 == 0), .. order.Where(number => number % 2 == 1)];
                break;
            case > 2:
                new Random(pair).Shuffle(order);
                break;
        }

        int half = (classes + 1) / 2;
        return ([.. order[..half].Order()], [.. order[half..].Order()]);
    }
}
