using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>The signatures in model headers: one-byte characters, eight to a number, the first lowest.</summary>
internal static class SignatureText
{
    /// <summary>The number of characters of a loader's name.</summary>
    public const int LoaderLength = 3 * CharactersPerNumber;

    private const int CharactersPerNumber = sizeof(ulong);

    /// <summary>Up to eight characters as a number.</summary>
    public static ulong Pack(string characters)
    {
        ulong packed = 0;
        for (int i = 0; i < characters.Length; i++)
        {
            Contracts.Check(characters[i] <= 0xFF, $"The signature '{characters}' has a character that does not fit into a byte.");
            packed |= (ulong)characters[i] << (8 * i);
        }
        return packed;
    }

    /// <summary>A loader's name as three numbers, zero-padded.</summary>
    public static (ulong First, ulong Second, ulong Third) PackLoader(string name)
    {
        string padded = (name ?? "").PadRight(LoaderLength, '\0');
        return (Pack(padded[..8]), Pack(padded[8..16]), Pack(padded[16..24]));
    }

    /// <summary>The characters of several numbers, without the padding.</summary>
    public static string Unpack(params ReadOnlySpan<ulong> numbers)
    {
        Span<char> characters = stackalloc char[numbers.Length * CharactersPerNumber];
        for (int i = 0; i < characters.Length; i++)
            characters[i] = (char)(byte)(numbers[i / CharactersPerNumber] >> (8 * (i % CharactersPerNumber)));
        return characters.TrimEnd('\0').ToString();
    }
}
