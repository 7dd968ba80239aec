namespace ZipIt.Onnx;

/// <summary>How constants of different shapes meet: aligned at their last dimensions, extents of 1 repeat.</summary>
internal static class Broadcasting
{
    public static int[] Join(int[] first, int[] second)
    {
        var shape = new int[Math.Max(first.Length, second.Length)];
        for (int i = 1; i <= shape.Length; i++)
        {
            int a = i <= first.Length ? first[^i] : 1, b = i <= second.Length ? second[^i] : 1;
            shape[^i] = a == b || b == 1 ? a : a == 1 ? b : throw new UnsupportedException($"its inputs have {a} and {b} elements along one dimension");
        }

        return shape;
    }

    /// <summary>For each element of the joint shape the element that it takes from one of the two.</summary>
    public static int[] Indices(OperatorCall call, int[] own, int[] joint, int count)
    {
        call.Budget.Take(count);
        var indices = new int[count];
        var position = new int[joint.Length];
        for (int i = 0; i < count; i++)
        {
            int index = 0;
            for (int d = 0; d < own.Length; d++)
                index = index * own[d] + (own[d] == 1 ? 0 : position[joint.Length - own.Length + d]);
            indices[i] = index;
            for (int d = joint.Length - 1; d >= 0 && ++position[d] == joint[d]; d--)
                position[d] = 0;
        }

        return indices;
    }
}
