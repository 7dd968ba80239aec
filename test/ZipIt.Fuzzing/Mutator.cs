using System.Buffers.Binary;

namespace ZipIt.Fuzzing;

/// <summary>Changes inputs at random, as fuzzers do; the same seed gives the same.</summary>
public sealed class Mutator(int seed)
{
    private static readonly int[] Interesting =
        [0, 1, -1, 2, 16, 127, 128, 255, 256, 4095, 65_535, 65_536, 1 << 20, (1 << 20) + 1, 1 << 30, (1 << 30) + 1, int.MaxValue, int.MaxValue - 1,
            int.MinValue];

    private readonly Random _random = new(seed);

    /// <summary>A changed copy of one of some inputs.</summary>
    public byte[] Mutate(IReadOnlyList<byte[]> inputs)
    {
        byte[] input = [.. inputs[_random.Next(inputs.Count)]];
        for (int changes = 1 << _random.Next(4); changes > 0 && input.Length > 0; changes--)
            input = Change(input, inputs[_random.Next(inputs.Count)]);
        return input;
    }

    private byte[] Change(byte[] input, byte[] other)
    {
        int place = _random.Next(input.Length);
        int length = 1 + _random.Next(Math.Min(input.Length - place, 32));
        switch (_random.Next(8))
        {
            case 0:
                input[place] ^= (byte)(1 << _random.Next(8));
                return input;
            case 1:
                input[place] = (byte)_random.Next(256);
                return input;
            case 2 or 3 when place + sizeof(int) <= input.Length:
                BinaryPrimitives.WriteInt32LittleEndian(input.AsSpan(place), Interesting[_random.Next(Interesting.Length)]);
                return input;
            case 4:
                return [.. input.AsSpan(0, place), .. input.AsSpan(place + length)];
            case 5:
                return [.. input.AsSpan(0, place), .. input.AsSpan(place, length), .. input.AsSpan(place)];
            case 6 when other.Length > 0:
                int from = _random.Next(other.Length);
                return [.. input.AsSpan(0, place), .. other.AsSpan(from, Math.Min(length, other.Length - from)), .. input.AsSpan(place)];
            case 7 when other.Length > place:
                return [.. input.AsSpan(0, place), .. other.AsSpan(place)];
            default:
                input.AsSpan(place, length).Fill((byte)_random.Next(256));
                return input;
        }
    }
}
